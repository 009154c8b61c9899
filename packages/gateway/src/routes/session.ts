import type { UserClaims } from '../auth0/client-types.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import type { Gateway } from '../gateway.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import { redirect } from '../http/redirect.ts'
import { limit } from '../rate-limit.ts'
import { endSession, openSession, useSession } from '../session/access.ts'
import { contextOf, sessionOf } from './session-context.ts'

/** Claims that speak of the ID token, not of the user (OpenID Connect Core §2, RFC 7519 §4.1). */
const ABOUT_THE_TOKEN = [
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'azp',
  'nonce',
  'auth_time',
  'at_hash',
  'c_hash',
  'sid',
]

/**
 * `GET /auth/profile`: who is logged in. `?fresh=1` asks Auth0, at most once a minute for a session.
 *
 * @throws GatewayError
 */
export async function profile(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { session } = await sessionOf(gateway, request)
  const { sub } = await timed(trace, 'verify', () => useSession(gateway, session))
  trace.subject = sub
  const isFresh = new URL(request.url).searchParams.get('fresh') === '1'
  if (isFresh) await limit(gateway, { subject: sub }, 'login')
  const claims = await timed(trace, isFresh ? 'idp' : 'verify', () => session.profile({ isFresh }))
  return Response.json(aboutTheUser(claims), { headers: { 'Cache-Control': 'no-store' } })
}

/**
 * `POST /auth/refresh`: new tokens from Auth0, for the session. The browser learns only how long they last.
 *
 * @throws GatewayError
 */
export async function refresh(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  rejectCrossSite(request, contextOf(gateway, request).origin)
  const { session } = await sessionOf(gateway, request)
  const { sub, expiresAt } = await timed(trace, 'idp', () => useSession(gateway, session, 'refresh'))
  trace.subject = sub
  const expiresIn = Math.floor(expiresAt - gateway.now())
  return Response.json({ expires_in: expiresIn }, { headers: { 'Cache-Control': 'no-store' } })
}

/**
 * `POST /auth/logout`: ends the session here, its refresh token, and sends the browser to end the one with Auth0.
 *
 * @throws GatewayError
 */
export async function logout(gateway: Gateway, request: Request): Promise<Response> {
  const { sessions, origin, cookies } = contextOf(gateway, request)
  rejectCrossSite(request, origin)
  const session = await openSession(gateway, request)
  if (session) await endSession(gateway, session)
  const location = sessions.auth0.logoutUrl(`${origin}/`).href
  // Whoever comes back now is not one whose login was lost.
  return redirect(303, location, cookies.clear(cookies.session), cookies.clear(cookies.loggedIn))
}

/** The claims without those that speak of the token. */
export function aboutTheUser(claims: UserClaims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ABOUT_THE_TOKEN.includes(name)))
}
