import * as z from 'zod'
import type { Auth0Client, UserClaims } from '../auth0/client.ts'
import { GatewayError } from '../errors.ts'
import { IDLE_SECONDS, type Login } from './live-session.ts'
import type { CookieEncryption } from './encryption.ts'
import type { OpenSession, Profile, SessionCookie, SessionStore } from './store.ts'

/** The most that a cookie may hold: browsers keep 4,096 bytes with its name and attributes. */
const MAX_COOKIE_BYTES = 3800

/** How long the claims of `/userinfo` are kept, in seconds. */
const USERINFO_SECONDS = 60

const claims = z.looseObject({ sub: z.string() })

const CONTENT = z.object({
  claims,
  accessToken: z.string(),
  /** Seconds since the epoch: of the access token, and of the session. */
  exp: z.number(),
  startedAt: z.number(),
  userinfo: z.object({ claims, fetchedAt: z.number() }).optional(),
})

type Content = z.infer<typeof CONTENT>

/**
 * Keeps a session in its cookie, sealed, and nowhere else: the claims of the ID token and the access token. There is no
 * refresh token, so the session ends with the access token, and after 12 hours at the latest. A logout makes the browser
 * forget the cookie; a copy of it would stay good until then.
 */
export class CookieStore implements SessionStore {
  readonly isOffline = false
  readonly #auth0: Pick<Auth0Client, 'userinfo'>
  readonly #encryption: CookieEncryption
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(auth0: Pick<Auth0Client, 'userinfo'>, encryption: CookieEncryption, now: () => number) {
    this.#auth0 = auth0
    this.#encryption = encryption
    this.#now = now
  }

  create({ claims: user, accessToken, expiresAt }: Login): Promise<SessionCookie> {
    const startedAt = this.#now()
    const exp = Math.floor(Math.min(expiresAt, startedAt + IDLE_SECONDS))
    return this.#seal({ claims: user, accessToken, exp, startedAt })
  }

  async open(cookie: string): Promise<OpenSession | undefined> {
    const content = CONTENT.safeParse(await this.#encryption.decrypt('session', cookie, this.#now())).data
    if (!content) return undefined
    const { claims: user, accessToken, exp, startedAt } = content
    return {
      access: () => Promise.resolve({ accessToken, expiresAt: exp, sub: user.sub, startedAt }),
      refresh: () => Promise.reject(new GatewayError('not_refreshable')),
      profile: ({ isFresh }) => (isFresh ? this.#fresh(content) : Promise.resolve({ claims: user })),
      end: () => Promise.resolve(undefined),
    }
  }

  async #fresh(content: Content): Promise<Profile> {
    const { userinfo, accessToken, claims: user } = content
    const fetchedAt = this.#now()
    if (userinfo && fetchedAt - userinfo.fetchedAt < USERINFO_SECONDS) return { claims: userinfo.claims }
    const fresh: UserClaims = await this.#auth0.userinfo(accessToken, user.sub)
    return {
      claims: fresh,
      cookie: await this.#seal({ ...content, userinfo: { claims: fresh, fetchedAt } }),
    }
  }

  async #seal(content: Content): Promise<SessionCookie> {
    const value = await this.#encryption.encrypt('session', content, content.exp)
    if (value.length > MAX_COOKIE_BYTES) {
      throw new GatewayError('session_too_large', {
        detail: `the session needs ${value.length} of ${MAX_COOKIE_BYTES} bytes: set SESSION_STORE to do`,
      })
    }
    return { value, maxAge: content.exp - this.#now() }
  }
}
