import { BoundedMap } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import type { Auth0Client } from '../auth0/client.ts'
import type { Login, UserClaims } from '../auth0/client-types.ts'
import { GatewayError } from '../errors.ts'
import { IDLE_SECONDS } from './live-session.ts'
import type { CookieEncryption } from './encryption.ts'
import type { OpenSession, SessionCookie, SessionStore } from './store.ts'
import { UserinfoCache } from './userinfo-cache.ts'

/** The most that a cookie may hold: browsers keep 4,096 bytes with its name and attributes. */
const MAX_COOKIE_BYTES = 3800

/** Sessions that ended here, and are remembered. */
const MAX_ENDED = 1000

const CONTENT = z.object({
  /** Names the session: the text of its cookie could be spelt in other ways. Absent in cookies of earlier versions. */
  id: z.optional(z.string()),
  claims: z.looseObject({ sub: z.string() }),
  accessToken: z.string(),
  /** Seconds since the epoch: of the access token, and of the session. */
  exp: z.number(),
  startedAt: z.number(),
  /** When the user logged in at Auth0. Absent in cookies of earlier versions. */
  authTime: z.optional(z.number()),
})

/**
 * Keeps a session in its cookie, sealed, and nowhere else: the claims of the ID token and the access token. There is no
 * refresh token, so the session ends with the access token, and after 12 hours at the latest. The cookie is set by the
 * login and never again. A logout makes the browser forget it, and this isolate reject it; elsewhere a copy would stay good
 * until its end.
 */
export class CookieStore implements SessionStore {
  readonly isOffline = false
  readonly #encryption: CookieEncryption
  readonly #now: () => number
  readonly #userinfo: UserinfoCache
  readonly #ended = new BoundedMap<string, true>(MAX_ENDED)

  /** @param now seconds since the epoch */
  constructor(auth0: Pick<Auth0Client, 'userinfo'>, encryption: CookieEncryption, now: () => number) {
    this.#encryption = encryption
    this.#now = now
    this.#userinfo = new UserinfoCache(auth0, now)
  }

  async create({ claims, accessToken, expiresAt, authTime }: Login): Promise<SessionCookie> {
    const startedAt = this.#now()
    const exp = Math.floor(Math.min(expiresAt, startedAt + IDLE_SECONDS))
    const value = await this.#encryption.encrypt(
      'session',
      { id: crypto.randomUUID(), claims, accessToken, exp, startedAt, authTime },
      exp,
    )
    if (value.length > MAX_COOKIE_BYTES) {
      throw new GatewayError('session_too_large', {
        detail: `the session needs ${value.length} of ${MAX_COOKIE_BYTES} bytes: set SESSION_STORE to do`,
      })
    }
    return { value, maxAge: exp - startedAt }
  }

  /** Nobody knows which cookies there are: what ends them is the deny-list. */
  endAll(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  async check(): Promise<void> {
    // Nothing is kept anywhere that could be out of reach.
  }

  async open(cookie: string): Promise<OpenSession | undefined> {
    const content = CONTENT.safeParse(await this.#encryption.decrypt('session', cookie, this.#now())).data
    if (!content) return undefined
    const { id = cookie, claims, accessToken, exp: expiresAt, startedAt, authTime = startedAt } = content
    if (this.#ended.has(id)) return undefined
    const { sub, sid } = claims
    const access = { accessToken, expiresAt, sub, authTime, ...(typeof sid === 'string' && { sid }) }
    return {
      access: () => Promise.resolve(access),
      refresh: () => Promise.reject(new GatewayError('not_refreshable')),
      profile: async ({ isFresh }) => (isFresh ? this.#fresh(id, accessToken, sub) : claims),
      end: () => {
        this.#ended.set(id, true)
        return Promise.resolve(undefined)
      },
    }
  }

  async #fresh(id: string, accessToken: string, sub: string): Promise<UserClaims> {
    const claims = await this.#userinfo.of(id, accessToken, sub)
    if (this.#ended.has(id)) throw new GatewayError('no_session', { detail: 'it ended during the request' })
    return claims
  }
}
