import type { ObjectNamespace } from '../config/session.ts'
import { sha256 } from '@sealgate/kit/gateway'
import { base64url } from 'jose'
import * as z from 'zod/mini'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import { GatewayError } from '../errors.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { ABSOLUTE_SECONDS, type Access } from './live-session.ts'
import type { EndedSessions, Indexed, IndexedSession } from './session-index.ts'
import { type Outcome, valueOf } from './outcome.ts'
import type { CookieEncryption } from './encryption.ts'
import type { EndedByProvider, OpenSession, ProviderLogout, SessionCookie, SessionStore } from './store.ts'

/** What a Durable Object offers: one of a session, or an index of sessions. */
export interface SessionObject extends SessionIndexObject {
  start(login: Login): Promise<Outcome<void>>
  access(): Promise<Outcome<Access>>
  refresh(): Promise<Outcome<Access>>
  profile(isFresh: boolean): Promise<Outcome<UserClaims>>
  end(): Promise<Outcome<string | undefined>>
}

/** What an index offers: the sessions of one user, or of one session with the provider. */
export interface SessionIndexObject {
  addSession(session: IndexedSession): Promise<Outcome<Indexed>>
  endSessions(ended: EndedSessions): Promise<Outcome<readonly string[]>>
  forgetSessions(ids: readonly string[]): Promise<Outcome<void>>
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
    await this.#index(id, login)
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

  /** A user's index knows the `sid` of each session; one of a `sid` is for logouts that name no user. */
  async endAll({ sub, sid, issuedAt }: ProviderLogout): Promise<EndedByProvider> {
    const index = this.#object(await (sub === undefined ? nameOf('sid', sid ?? '') : nameOf('sub', sub)))
    const ids = await call(() => index.endSessions({ sid, upTo: issuedAt }))
    const ended = await Promise.all(ids.map((id) => call(() => this.#object(id).end())))
    await call(() => index.forgetSessions(ids))
    const refreshTokens = ended.filter((one) => one !== undefined)
    return { count: ids.length, refreshTokens }
  }

  /** Makes the session one that a logout of the provider finds, or ends it: one has come before. */
  async #index(id: string, { claims: { sub, sid, iat } }: Login): Promise<void> {
    const now = this.#now()
    const session: IndexedSession = {
      id,
      sid: typeof sid === 'string' ? sid : undefined,
      issuedAt: typeof iat === 'number' ? iat : now,
      until: now + ABSOLUTE_SECONDS,
    }
    const names = [nameOf('sub', sub), ...(session.sid === undefined ? [] : [nameOf('sid', session.sid)])]
    const added = await Promise.all(
      names.map(async (name) => {
        const index = this.#object(await name)
        return call(() => index.addSession(session))
      }),
    ).catch(async (error: unknown) => {
      await this.#end([id])
      throw error
    })
    await this.#end(added.flatMap(({ dropped }) => dropped))
    if (!added.some(({ isEnded }) => isEnded)) return
    await this.#end([id])
    throw new GatewayError('login_failed', { detail: 'Auth0 ended the session during the login' })
  }

  /** Their refresh tokens stay: nobody has them any more. */
  async #end(ids: readonly string[]): Promise<void> {
    await Promise.all(
      [...new Set(ids)].map((id) =>
        this.#object(id)
          .end()
          .catch(() => undefined),
      ),
    )
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

/** The name of an index. Those of sessions have no colon. */
async function nameOf(kind: 'sub' | 'sid', value: string): Promise<string> {
  return `${kind}:${await sha256(encodeUtf8(value))}`
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
