import type { ObjectNamespace } from '../config/session.ts'
import { base64url } from 'jose'
import * as z from 'zod/mini'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import { GatewayError } from '../errors.ts'
import { ABSOLUTE_SECONDS, type Access } from './live-session.ts'
import { type Outcome, valueOf } from './outcome.ts'
import type { CookieEncryption } from './encryption.ts'
import type { OpenSession, SessionCookie, SessionStore } from './store.ts'

/** What the Durable Object of a session offers. */
export interface SessionObject {
  start(login: Login): Promise<Outcome<void>>
  access(): Promise<Outcome<Access>>
  refresh(): Promise<Outcome<Access>>
  profile(isFresh: boolean): Promise<Outcome<UserClaims>>
  end(): Promise<Outcome<string | undefined>>
}

/** 256 bits: nobody guesses one. */
const ID_BYTES = 32

/** No id of a session: those are longer. */
const NO_SESSION = 'none'

const CONTENT = z.object({ id: z.string() })

/**
 * A Durable Object for each session, named by a random id that its cookie holds, sealed: a made-up cookie wakes no
 * object.
 */
export class DurableStore implements SessionStore {
  readonly isOffline = true
  readonly #namespace: ObjectNamespace
  readonly #encryption: CookieEncryption
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(namespace: ObjectNamespace, encryption: CookieEncryption, now: () => number) {
    this.#namespace = namespace
    this.#encryption = encryption
    this.#now = now
  }

  async create(login: Login): Promise<SessionCookie> {
    const id = base64url.encode(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
    await call(() => this.#object(id).start(login))
    const value = await this.#encryption.encrypt('session-id', { id }, this.#now() + ABSOLUTE_SECONDS)
    return { value, maxAge: ABSOLUTE_SECONDS }
  }

  async open(cookie: string): Promise<OpenSession | undefined> {
    const content = CONTENT.safeParse(await this.#encryption.decrypt('session-id', cookie, this.#now())).data
    if (!content) return undefined
    const object = this.#object(content.id)
    return {
      access: () => call(() => object.access()),
      refresh: () => call(() => object.refresh()),
      profile: ({ isFresh }) => call(() => object.profile(isFresh)),
      end: () => call(() => object.end()),
    }
  }

  /** An object of that name holds no session: that it says so is enough. */
  async check(): Promise<void> {
    await reach(() => this.#object(NO_SESSION).access())
  }

  #object(id: string): SessionObject {
    // RPC stubs have every method there is: what class is behind the binding, only wrangler.jsonc says.
    return this.#namespace.get(this.#namespace.idFromName(id)) as SessionObject
  }
}

async function call<Value>(method: () => Promise<Outcome<Value>>): Promise<Value> {
  return valueOf(await reach(method))
}

/** An object that cannot be reached is an outage: nobody is logged out by it. */
async function reach<Value>(method: () => Promise<Outcome<Value>>): Promise<Outcome<Value>> {
  try {
    return await method()
  } catch (cause) {
    throw new GatewayError('sessions_unavailable', { cause, detail: 'the Durable Object did not respond' })
  }
}
