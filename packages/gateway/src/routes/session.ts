import { ConfigError } from '@sealgate/kit'
import * as oauth from 'oauth4webapi'
import type { UserClaims } from '../auth0/client.ts'
import type { Trace } from '../observability/trace.ts'
import { GatewayError, codeOf, problemOf } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { endSession, openSession, useSession } from '../session/access.ts'
import { type Cookies, cookiesOf, originOf, readCookie } from '../session/cookies.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import { safeReturnTo } from '../session/return-to.ts'
import type { Sessions } from '../session/sessions.ts'
import type { OpenSession } from '../session/store.ts'
import { CALLBACK_PATH } from '../config/reserved-paths.ts'
import { LOGIN_SECONDS, decryptLoginAttempt, encryptLoginAttempt } from '../session/login-attempt.ts'

/** Claims that speak of the ID token, not of the user (OpenID Connect Core §2, RFC 7519 §4.1). */
const ABOUT_THE_TOKEN = ['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'azp', 'nonce', 'at_hash', 'c_hash', 'sid']

interface SessionContext {
  readonly sessions: Sessions
  /** The gateway's own. */
  readonly origin: string
  readonly cookies: Cookies
}

/**
 * `GET /auth/login?returnTo=/path&organization=org_id`: begins a login. Its secrets go into a sealed cookie, the browser to Auth0.
 *
 * @throws GatewayError
 */
export async function login(gateway: Gateway, request: Request): Promise<Response> {
  const { sessions, origin, cookies } = contextOf(gateway, request)
  const [given, ...more] = new URL(request.url).searchParams.getAll('returnTo')
  const returnTo = safeReturnTo(given ?? '/', origin)
  if (returnTo === undefined || more.length > 0) {
    throw new GatewayError('invalid_request', { description: 'returnTo is not a path of this site' })
  }
  await limit(gateway, { ip: clientIp(request, gateway.config.environment) }, 'login')
  const attempt = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
    returnTo,
    requiresIss: await sessions.auth0.sendsIss(),
  }
  const redirectUri = `${origin}${CALLBACK_PATH}`
  const target = await sessions.auth0.authorizationUrl(
    { ...attempt, redirectUri },
    sessions.store,
    organizationOf(gateway, request),
  )
  const sealed = await encryptLoginAttempt(sessions.encryption, attempt, gateway.now())
  return redirect(302, target.href, cookies.set(cookies.login, sealed, LOGIN_SECONDS))
}

/**
 * The organization to log in to: the only one that is allowed, or the one that the request names of those that are.
 *
 * @throws GatewayError `invalid_request` for any other
 */
function organizationOf({ config }: Gateway, request: Request): string | undefined {
  const { organizations } = config.auth0
  const [named, ...more] = new URL(request.url).searchParams.getAll('organization')
  if (named === undefined) {
    const [only, ...others] = organizations === 'any' ? [] : organizations
    return others.length === 0 ? only : undefined
  }
  const isKnown = organizations === 'any' ? /^org_\w{1,64}$/.test(named) : organizations.has(named)
  if (isKnown && more.length === 0) return named
  throw new GatewayError('invalid_request', { description: 'The organization is not one of this site' })
}

/**
 * `GET /auth/callback`: Auth0 sends the browser back. The login's cookie dies here, however it ends; a session that the
 * browser had before ends, and the new one has a new id.
 *
 * @throws GatewayError
 */
export async function callback(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const context = contextOf(gateway, request)
  const { sessions, origin, cookies } = context
  const forget = cookies.clear(cookies.login)
  try {
    const sealed = readCookie(request, cookies.login)
    const attempt = await decryptLoginAttempt(sessions.encryption, sealed, gateway.now())
    if (!attempt) {
      throw new GatewayError('login_failed', { detail: 'no login is under way in this browser' })
    }
    // A login that is under way opens as often as one likes, and Auth0 is asked each time.
    await limit(gateway, { ip: clientIp(request, gateway.config.environment) }, 'login')
    const tokens = await sessions.auth0.exchangeCode(new URL(request.url).searchParams, {
      ...attempt,
      redirectUri: `${origin}${CALLBACK_PATH}`,
    })
    trace.subject = tokens.claims.sub
    const earlier = await openSession(gateway, request)
    if (earlier) await endSession(gateway, earlier)
    const session = await sessions.store.create(tokens)
    const cookie = cookies.set(cookies.session, session.value, session.maxAge)
    return redirect(303, `${origin}${attempt.returnTo}`, cookie, forget)
  } catch (error) {
    const { detail } = problemOf(error)
    const headers = error instanceof GatewayError ? error.headers : {}
    throw new GatewayError(codeOf(error), {
      cause: error,
      detail,
      headers: { ...headers, 'Set-Cookie': forget },
    })
  }
}

/**
 * `GET /auth/profile`: who is logged in. `?fresh=1` asks Auth0.
 *
 * @throws GatewayError
 */
export async function profile(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { session, cookies } = await sessionOf(gateway, request)
  await useSession(gateway, session)
  const isFresh = new URL(request.url).searchParams.get('fresh') === '1'
  const { claims, cookie } = await session.profile({ isFresh })
  trace.subject = claims.sub
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (cookie) headers.append('Set-Cookie', cookies.set(cookies.session, cookie.value, cookie.maxAge))
  return Response.json(aboutTheUser(claims), { headers })
}

/**
 * `POST /auth/refresh`: new tokens from Auth0, for the session. The browser learns only how long they last.
 *
 * @throws GatewayError
 */
export async function refresh(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  rejectCrossSite(request, contextOf(gateway, request).origin)
  const { session } = await sessionOf(gateway, request)
  const { sub, expiresAt } = await useSession(gateway, session, 'refresh')
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
  return redirect(303, sessions.auth0.logoutUrl(`${origin}/`).href, cookies.clear(cookies.session))
}

/**
 * @throws GatewayError `not_found` where there are no logins
 * @throws ConfigError where only `SESSION_SECRET` is missing for them
 */
function contextOf({ config, sessions }: Gateway, request: Request): SessionContext {
  if (!sessions) {
    if (!config.login || config.login.connection !== undefined) throw new GatewayError('not_found')
    throw new ConfigError(
      'SESSION_SECRET is missing: openssl rand -base64 32 | tr +/ -_ | npx wrangler secret put SESSION_SECRET',
    )
  }
  const origin = originOf(config, request)
  return { sessions, origin, cookies: cookiesOf(config, origin) }
}

/** @throws GatewayError `no_session` */
async function sessionOf(
  gateway: Gateway,
  request: Request,
): Promise<SessionContext & { readonly session: OpenSession }> {
  const context = contextOf(gateway, request)
  const session = await openSession(gateway, request)
  if (!session) throw new GatewayError('no_session')
  return { ...context, session }
}

function aboutTheUser(claims: UserClaims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ABOUT_THE_TOKEN.includes(name)))
}

function redirect(status: 302 | 303, location: string, ...cookies: readonly string[]): Response {
  const headers = new Headers({
    Location: location,
    'Cache-Control': 'no-store',
    // The address of a callback holds its code.
    'Referrer-Policy': 'no-referrer',
  })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  return new Response(null, { status, headers })
}
