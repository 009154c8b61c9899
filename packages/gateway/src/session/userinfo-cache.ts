import { KeysUnavailableError } from '@sealgate/kit'
import { BoundedMap, StaleWhileRevalidate } from '@sealgate/kit/gateway'
import type { Auth0Client } from '../auth0/client.ts'
import type { UserClaims } from '../auth0/client-types.ts'
import { USERINFO_SECONDS } from './live-session.ts'

/** Sessions whose claims are kept. */
const MAX_SESSIONS = 1000

/**
 * The claims of `/userinfo` for sessions that have no place of their own: requested once a minute for a session, however
 * many requests want them, and after a failure not at once again. It knows its own isolate alone.
 */
export class UserinfoCache {
  readonly #auth0: Pick<Auth0Client, 'userinfo'>
  readonly #now: () => number
  readonly #kept = new BoundedMap<string, StaleWhileRevalidate<UserClaims>>(MAX_SESSIONS)

  /** @param now seconds since the epoch */
  constructor(auth0: Pick<Auth0Client, 'userinfo'>, now: () => number) {
    this.#auth0 = auth0
    this.#now = now
  }

  /**
   * @param session what names it, and nobody else's
   * @throws GatewayError as `Auth0Client.userinfo`
   */
  async of(session: string, accessToken: string, sub: string): Promise<UserClaims> {
    const kept = this.#kept.get(session) ?? this.#keep(session, accessToken, sub)
    try {
      return await kept.get()
    } catch (error) {
      throw error instanceof KeysUnavailableError && error.cause !== undefined ? error.cause : error
    }
  }

  #keep(session: string, accessToken: string, sub: string): StaleWhileRevalidate<UserClaims> {
    const value = new StaleWhileRevalidate({
      load: () => this.#auth0.userinfo(accessToken, sub),
      ttlSeconds: USERINFO_SECONDS,
      earlySeconds: 0,
      maxStaleSeconds: 0,
      now: this.#now,
    })
    this.#kept.set(session, value)
    return value
  }
}
