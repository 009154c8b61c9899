import { DurableObject } from '#runtime'
import { Auth0Client } from '../auth0/client.ts'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import type { LoginConfig } from '../config/auth0.ts'
import {
  type Access,
  LiveSession,
  type RecordStorage,
  type SessionAuth0,
  type SessionRecord,
} from './live-session.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import type { SessionObject } from './durable-object-store.ts'

const KEY = 'session'

/** What a session reads of the gateway of its environment. */
export type SessionSettingsOf = (env: object) => SessionSettings | Promise<SessionSettings>

interface SessionSettings {
  readonly config: { readonly login: LoginConfig | undefined }
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** A class of Durable Objects that hold a session each. */
export type SessionClass = new (ctx: DurableObjectState, env: object) => DurableObject<object> & SessionObject

/** The Durable Object that holds one session: Auth0's tokens never leave the Cloudflare account. */
export function createSession(gatewayOf: SessionSettingsOf): SessionClass {
  class Session extends DurableObject<object> implements SessionObject {
    #live: LiveSession | undefined
    #login: LoginConfig | undefined
    #auth0: Auth0Client | undefined

    start(login: Login): Promise<Outcome<void>> {
      return outcomeOf(async () => (await this.#session()).start(login))
    }

    access(): Promise<Outcome<Access>> {
      return outcomeOf(async () => (await this.#session()).access())
    }

    refresh(): Promise<Outcome<Access>> {
      return outcomeOf(async () => (await this.#session()).refresh())
    }

    profile(isFresh: boolean): Promise<Outcome<UserClaims>> {
      return outcomeOf(async () => (await this.#session()).profile({ isFresh }))
    }

    end(): Promise<Outcome<string | undefined>> {
      return outcomeOf(async () => (await this.#session()).end())
    }

    override async alarm(): Promise<void> {
      await (await this.#session()).onAlarm()
    }

    async #session(): Promise<LiveSession> {
      const { config, now } = await gatewayOf(this.env)
      if (this.#login !== config.login) {
        this.#login = config.login
        this.#auth0 = config.login && new Auth0Client(config.login)
      }
      this.#live ??= new LiveSession(
        storageOf(this.ctx.storage),
        latest(() => this.#client()),
        now,
      )
      return this.#live
    }

    #client(): Auth0Client {
      if (!this.#auth0) throw new Error('a session without a login')
      return this.#auth0
    }
  }

  return Session
}

/** Auth0 by the client of now: a secret of a Secrets Store may have changed since the session began to be used. */
function latest(client: () => Auth0Client): SessionAuth0 {
  return {
    refresh: (refreshToken, sub) => client().refresh(refreshToken, sub),
    userinfo: (accessToken, sub) => client().userinfo(accessToken, sub),
    revoke: (refreshToken) => client().revoke(refreshToken),
  }
}

function storageOf(storage: DurableObjectStorage): RecordStorage {
  return {
    read: () => storage.get<SessionRecord>(KEY),
    write: (record) => storage.put(KEY, record),
    wake: (at) => storage.setAlarm(at * 1000),
    async clear() {
      await storage.deleteAlarm()
      await storage.deleteAll()
    },
  }
}
