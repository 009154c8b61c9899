import { base64url } from 'jose'
import * as z from 'zod'
import type { UserClaims } from '../auth0/client.ts'
import { GatewayError } from '../errors.ts'
import { ABSOLUTE_SECONDS, type Access, type Login } from './live-session.ts'
import { type Outcome, valueOf } from './outcome.ts'
import type { Seals } from './encryption.ts'
import type { OpenSession, SessionCookie, SessionStore } from './store.ts'

/** What the Durable Object of a session answers to. */
export interface SessionObject {
  start(login: Login): Promise<Outcome<void>>
  access(): Promise<Outcome<Access>>
  refresh(): Promise<Outcome<Access>>
  profile(isFresh: boolean): Promise<Outcome<UserClaims>>
  end(): Promise<Outcome<string | undefined>>
}

/** The binding `SESSIONS`. */
export interface SessionNamespace<Id = unknown> {
  idFromName(name: string): Id
  get(id: Id): SessionObject
}

/** 256 bits: nobody guesses one. */
const ID_BYTES = 32

const CONTENT = z.object({ id: z.string() })

/**
 * A Durable Object for each session, named by a random id that its cookie holds, sealed: a made-up cookie wakes no
 * object.
 */
export class DurableStore implements SessionStore {
  readonly isOffline = true
  readonly #namespace: SessionNamespace
  readonly #seals: Seals
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(namespace: SessionNamespace, seals: Seals, now: () => number) {
    this.#namespace = namespace
    this.#seals = seals
    this.#now = now
  }

  async create(login: Login): Promise<SessionCookie> {
    const id = base64url.encode(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
    await ask(() => this.#object(id).start(login))
    const value = await this.#seals.seal('session-id', { id }, this.#now() + ABSOLUTE_SECONDS)
    return { value, maxAge: ABSOLUTE_SECONDS }
  }

  async open(cookie: string): Promise<OpenSession | undefined> {
    const content = CONTENT.safeParse(await this.#seals.open('session-id', cookie, this.#now())).data
    if (!content) return undefined
    const object = this.#object(content.id)
    return {
      access: () => ask(() => object.access()),
      refresh: () => ask(() => object.refresh()),
      profile: async ({ isFresh }) => ({ claims: await ask(() => object.profile(isFresh)) }),
      end: () => ask(() => object.end()),
    }
  }

  #object(id: string): SessionObject {
    return this.#namespace.get(this.#namespace.idFromName(id))
  }
}

/** An object that cannot be reached is an outage: nobody is logged out by it. */
async function ask<Value>(call: () => Promise<Outcome<Value>>): Promise<Value> {
  let outcome: Outcome<Value>
  try {
    outcome = await call()
  } catch (cause) {
    throw new GatewayError('sessions_unavailable', { cause, detail: 'the Durable Object did not answer' })
  }
  return valueOf(outcome)
}
