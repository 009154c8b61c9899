import { DurableObject } from 'cloudflare:workers'
import { Auth0Client, type UserClaims } from '../auth0/client.ts'
import { gatewayOf } from '../gateway.ts'
import { type Access, LiveSession, type Login, type RecordStorage, type SessionRecord } from './live.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import type { SessionObject } from './store-do.ts'

const KEY = 'session'

/** The Durable Object that holds one session: Auth0's tokens never leave the Cloudflare account. */
export class Session extends DurableObject<object> implements SessionObject {
  #live: LiveSession | undefined

  start(login: Login): Promise<Outcome<void>> {
    return outcomeOf(() => this.#session().start(login))
  }

  access(): Promise<Outcome<Access>> {
    return outcomeOf(() => this.#session().access())
  }

  refresh(): Promise<Outcome<Access>> {
    return outcomeOf(() => this.#session().refresh())
  }

  profile(isFresh: boolean): Promise<Outcome<UserClaims>> {
    return outcomeOf(() => this.#session().profile({ isFresh }))
  }

  end(): Promise<Outcome<string | undefined>> {
    return outcomeOf(() => this.#session().end())
  }

  override alarm(): Promise<void> {
    return this.#session().onAlarm()
  }

  #session(): LiveSession {
    const { config, now } = gatewayOf(this.env)
    if (!config.login) throw new Error('a session without a login')
    this.#live ??= new LiveSession(storageOf(this.ctx.storage), new Auth0Client(config.login), now)
    return this.#live
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
