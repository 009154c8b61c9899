import { TokenError } from '@sealgate/kit'
import type { Logger } from '@sealgate/kit/gateway'
import { waitUntil } from '#runtime'
import { GatewayError } from '../errors.ts'
import { type Issuing, rejectRevoked } from '../exchange/issue.ts'
import { cookiesOf, originOf, readCookie } from './cookies.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import type { Access } from './live-session.ts'
import type { Sessions } from './sessions.ts'
import type { OpenSession } from './store.ts'

/** What sessions need of a gateway. */
export interface SessionGateway extends Issuing {
  /** `undefined` without logins. */
  readonly sessions: Sessions | undefined
  readonly logger: Logger
}

/**
 * What the session that a request carries has for forwarding: Auth0's access token, refreshed when it is about to end, and
 * when the user logged in. `undefined` for a request without a session, or with one that is over.
 *
 * @throws GatewayError `csrf` for a request from a page of another site, `session_expired` when Auth0 or the deny-list
 *   ends the session now, `auth0_unavailable`, `auth0_failed`
 */
export async function sessionAccess(gateway: SessionGateway, request: Request): Promise<Access | undefined> {
  const session = await openSession(gateway, request)
  if (!session) return undefined
  try {
    return await useSession(gateway, session)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'no_session') return undefined
    throw error
  }
}

/**
 * The session that the cookie of a request names; `undefined` without one. It may have ended. Whatever reads a session gets
 * it here, and so none for a page of another site.
 *
 * @throws GatewayError `csrf`
 */
export async function openSession(
  { config, sessions }: SessionGateway,
  request: Request,
): Promise<OpenSession | undefined> {
  if (!sessions) return undefined
  const origin = originOf(config, request)
  const cookie = readCookie(request, cookiesOf(config, origin).session)
  const session = cookie === undefined ? undefined : await sessions.store.open(cookie)
  if (session) rejectCrossSite(request, origin)
  return session
}

/**
 * Gets at the tokens of a session, unless its user was revoked after they logged in. The time of the login counts, not
 * that of the access token: a refresh must not lift a revocation.
 *
 * @throws GatewayError
 */
export async function useSession(
  gateway: SessionGateway,
  session: OpenSession,
  how: 'access' | 'refresh' = 'access',
): Promise<Access> {
  const access = await session[how]()
  const { sub, sid } = access
  const subjects = sid === undefined ? [sub] : [sub, endedSid(gateway.config.auth0.issuer, sid)]
  const authIat = Math.floor(access.authTime)
  try {
    await Promise.all(subjects.map((one) => rejectRevoked(gateway, { sub: one, auth_iat: authIat })))
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    await endSession(gateway, session)
    throw new GatewayError('session_expired', { detail: error.reason })
  }
  return access
}

/** What stands on the deny-list for a session with the provider that is over. No subject is called so. */
export function endedSid(issuer: string, sid: string): string {
  return JSON.stringify(['sid', issuer, sid])
}

/** Ends a session, and its refresh token at Auth0. */
export async function endSession(gateway: SessionGateway, session: OpenSession): Promise<void> {
  endRefreshToken(gateway, await session.end())
}

/** Revokes a refresh token at Auth0, after the response. That it fails stops nobody: nobody here has it any more. */
export function endRefreshToken(
  { sessions, logger }: SessionGateway,
  refreshToken: string | undefined,
): void {
  if (refreshToken === undefined || !sessions) return
  waitUntil(
    sessions.auth0
      .revoke(refreshToken)
      .catch(() => logger.event({ event: 'refresh_token_not_revoked', level: 'error' })),
  )
}
