import { TokenError } from '@sealgate/kit'
import { waitUntil } from '#runtime'
import type { SubjectClaims } from '../auth0/subject.ts'
import { GatewayError } from '../errors.ts'
import { type Issuing, rejectRevoked } from '../exchange/issue.ts'
import { logEvent, type Ship } from '../observability/log.ts'
import { cookiesOf, originOf, readCookie } from './cookies.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import type { Access } from './live-session.ts'
import type { Sessions } from './sessions.ts'
import type { OpenSession } from './store.ts'

/** What sessions need of a gateway. */
export interface SessionGateway extends Issuing {
  /** `undefined` without logins. */
  readonly sessions: Sessions | undefined
  readonly ship: Ship
}

/**
 * The Auth0 access token of the session that a request carries, refreshed when it is about to end; `undefined` for a
 * request without a session, or with one that is over.
 *
 * @throws GatewayError `csrf` for a request from a page of another site, `session_expired` when Auth0 or the deny-list
 *   ends the session now, `auth0_unavailable`, `auth0_failed`
 */
export async function sessionAccessToken(
  gateway: SessionGateway,
  request: Request,
): Promise<string | undefined> {
  const session = await openSession(gateway, request)
  if (!session) return undefined
  try {
    return (await useSession(gateway, session)).accessToken
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
  const { sub, startedAt, expiresAt } = access
  const subject: SubjectClaims = { sub, iat: Math.floor(startedAt), exp: expiresAt }
  try {
    await rejectRevoked(gateway, subject)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    await endSession(gateway, session)
    throw new GatewayError('session_expired', { detail: error.reason })
  }
  return access
}

/** Ends a session, and its refresh token at Auth0. That the latter fails stops nobody: the session is over. */
export async function endSession({ sessions, ship }: SessionGateway, session: OpenSession): Promise<void> {
  const refreshToken = await session.end()
  if (refreshToken === undefined || !sessions) return
  waitUntil(
    sessions.auth0.revoke(refreshToken).catch(() => logEvent('error', 'refresh_token_not_revoked', ship)),
  )
}
