import { DurableObject } from '#runtime'
import { Auth0Client } from '../auth0/client.ts'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import type { LoginConfig } from '../config/auth0.ts'
import { type Access, LiveSession, type SessionAuth0 } from './live-session.ts'
import type { ObjectStorage } from './object-storage.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { type EndedSessions, type Indexed, type IndexedSession, SessionIndex } from './session-index.ts'
import type { SessionObject } from './durable-object-store.ts'

const KEY = 'session'
const INDEX_KEY = 'index'

/** What a session reads of the gateway of its environment. */
export type SessionSettingsOf = (env: object) => SessionSettings | Promise<SessionSettings>

interface SessionSettings {
  readonly config: { readonly login: LoginConfig | undefined }
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** A class of Durable Objects that hold a session each. */
export type SessionClass = new (ctx: DurableObjectState, env: object) => DurableObject<object> & SessionObject

/**
 * The Durable Object that holds one session: Auth0's tokens never leave the Cloudflare account. Others of the class are
 * indexes: by them the provider's logout finds sessions.
 */
export function createSession(gatewayOf: SessionSettingsOf): SessionClass {
  class Session extends DurableObject<object> implements SessionObject {
    #live: LiveSession | undefined
    #login: LoginConfig | undefined
    #auth0: Auth0Client | undefined
    #index: SessionIndex | undefined

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

    addSession(session: IndexedSession): Promise<Outcome<Indexed>> {
      return outcomeOf(async () => (await this.#sessions()).add(session))
    }

    endSessions(ended: EndedSessions): Promise<Outcome<readonly string[]>> {
      return outcomeOf(async () => (await this.#sessions()).end(ended))
    }

    forgetSessions(ids: readonly string[]): Promise<Outcome<void>> {
      return outcomeOf(async () => (await this.#sessions()).forget(ids))
    }

    override async alarm(): Promise<void> {
      const isIndex = (await this.ctx.storage.get(INDEX_KEY)) !== undefined
      await (isIndex ? await this.#sessions() : await this.#session()).onAlarm()
    }

    async #sessions(): Promise<SessionIndex> {
      const { now } = await gatewayOf(this.env)
      this.#index ??= new SessionIndex(storageOf(this.ctx.storage, INDEX_KEY), now)
      return this.#index
    }

    async #session(): Promise<LiveSession> {
      const { config, now } = await gatewayOf(this.env)
      if (this.#login !== config.login) {
        this.#login = config.login
        this.#auth0 = config.login && new Auth0Client(config.login)
      }
      this.#live ??= new LiveSession(
        storageOf(this.ctx.storage, KEY),
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

/** One record, and the object's one alarm. */
function storageOf<Kept>(storage: DurableObjectStorage, key: string): ObjectStorage<Kept> {
  return {
    read: () => storage.get<Kept>(key),
    write: (record) => storage.put(key, record),
    wake: (at) => storage.setAlarm(at * 1000),
    async clear() {
      await storage.deleteAlarm()
      await storage.deleteAll()
    },
  }
}
