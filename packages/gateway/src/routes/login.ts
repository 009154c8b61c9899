import { TokenError } from '@sealgate/kit'
import type { Login } from '../auth0/client-types.ts'
import { parametersOfLogin } from '../config/login-parameters.ts'
import { codeOf, type ErrorCode, GatewayError, problemOf } from '../errors.ts'
import { rejectRevoked } from '../exchange/issue.ts'
import type { Gateway } from '../gateway.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import { plainPath } from '../http/plain-path.ts'
import { redirect } from '../http/redirect.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { clientIp, limit } from '../rate-limit.ts'
import { endRefreshToken, endSession, openSession, useSession } from '../session/access.ts'
import { saysLoggedIn } from '../session/cookies.ts'
import { sendsToLogin } from '../session/failure.ts'
import { ABSOLUTE_SECONDS } from '../session/live-session.ts'
import {
  findLoginAttempt,
  type FoundLogin,
  keepLoginAttempt,
  type LoginAim,
  type LoginAttempt,
  type LoginKeeping,
  newLoginAttempt,
} from '../session/login-attempt.ts'
import { safeReturnTo } from '../session/return-to.ts'
import { contextOf, type SessionContext } from './session-context.ts'

/** A session with Auth0 that is older than a session here may be does not do. Auth0 checks it; its clock may differ by this. */
const CLOCK_SECONDS = 60

/** What may be wrong with a login, so that whoever has a session already is not bothered with it. */
const LOGIN_ERRORS: readonly ErrorCode[] = ['login_failed', 'login_expired', 'login_unknown', 'login_denied']

/**
 * `GET /auth/login?returnTo=/path&organization=org_id`, and the parameters of a choice: begins a login. Its secrets go into a sealed cookie, the browser to
 * Auth0.
 *
 * @throws GatewayError
 */
export async function login(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const context = contextOf(gateway, request)
  // A page elsewhere must not use up the limit of its visitor, nor push out the logins that are under way.
  rejectCrossSite(request, context.origin)
  const { searchParams } = new URL(request.url)
  const [given, ...more] = searchParams.getAll('returnTo')
  const returnTo = safeReturnTo(given ?? '/', context.origin, gateway.config.callbackPath)
  if (returnTo === undefined || more.length > 0) {
    throw new GatewayError('invalid_request', { description: 'returnTo is not a path of this site' })
  }
  const tries = /^[1-9]$/.test(searchParams.get('tries') ?? '') ? Number(searchParams.get('tries')) : 0
  const aim = { returnTo, tries }
  return withPage(aim, async () => {
    await limit(gateway, { ip: clientIp(request, gateway.config.environment) }, 'login')
    const organization = organizationOf(gateway, searchParams)
    const parameters = parametersOf(gateway, searchParams)
    return begin(gateway, request, context, trace, { ...aim, organization, parameters, isForced: false })
  })
}

/** Sends the browser to Auth0. */
async function begin(
  gateway: Gateway,
  request: Request,
  context: SessionContext,
  trace: Trace,
  what: LoginAim & Pick<LoginAttempt, 'isForced' | 'organization' | 'parameters'>,
  ...cookies: readonly string[]
): Promise<Response> {
  const { sessions, origin } = context
  const keeping = keepingOf(gateway, context)
  const requiresIss = await timed(trace, 'idp', () => sessions.auth0.sendsIss())
  const attempt = await newLoginAttempt(keeping, { ...what, requiresIss })
  const redirectUri = `${origin}${gateway.config.callbackPath}`
  const target = await sessions.auth0.authorizationUrl(
    { ...attempt, redirectUri },
    { ...what, isOffline: sessions.store.isOffline, maxAge: ABSOLUTE_SECONDS },
  )
  return redirect(302, target.href, ...cookies, ...(await keepLoginAttempt(keeping, request, attempt)))
}

/**
 * The organization to log in to: the only one that is allowed, or the one that the request names of those that are.
 *
 * @throws GatewayError `invalid_request` for any other
 */
function organizationOf({ config }: Gateway, parameters: URLSearchParams): string | undefined {
  const { organizations } = config.auth0
  const [named, ...more] = parameters.getAll('organization')
  if (named === undefined) {
    const [only, ...others] = organizations === 'any' ? [] : organizations
    return others.length === 0 ? only : undefined
  }
  const isKnown = organizations === 'any' ? /^org_\w{1,64}$/.test(named) : organizations.has(named)
  if (isKnown && more.length === 0) return named
  throw new GatewayError('invalid_request', { description: 'The organization is not one of this site' })
}

/**
 * More parameters for Auth0: those that are always sent, and those of a choice that the request names.
 *
 * @throws GatewayError `invalid_request` for what is not on offer
 */
function parametersOf({ config }: Gateway, chosen: URLSearchParams): LoginAttempt['parameters'] {
  const parameters = parametersOfLogin(config.login?.parameters ?? {}, chosen)
  if (parameters) return parameters
  throw new GatewayError('invalid_request', {
    description: 'A parameter of the login is not one of this site',
  })
}

/**
 * `GET /auth/callback` (`CALLBACK_PATH`): Auth0 sends the browser back. The login's cookie dies here, however it ends; a session that the
 * browser had before ends, and the new one has a new id. Who has a session and comes here again, by the back button or a
 * restored tab, goes on to where the login was to end.
 *
 * @throws GatewayError
 */
export async function callback(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const context = contextOf(gateway, request)
  const state = new URL(request.url).searchParams.get('state') ?? ''
  const found = await findLoginAttempt(keepingOf(gateway, context), request, state)
  const { aim, forget } = found
  return withPage(
    aim,
    async () => {
      try {
        return await finish(gateway, request, context, found, trace)
      } catch (error) {
        if (!LOGIN_ERRORS.includes(codeOf(error)) || !(await hasSession(gateway, request))) throw error
        return redirect(303, `${context.origin}${aim.returnTo}`, ...forget)
      }
    },
    forget,
  )
}

async function finish(
  gateway: Gateway,
  request: Request,
  context: SessionContext,
  { attempt, isLate, forget }: FoundLogin,
  trace: Trace,
): Promise<Response> {
  if (!attempt) throw new GatewayError(isLate ? 'login_expired' : 'login_unknown')
  const { sessions, origin, cookies } = context
  // A login that is under way opens as often as one likes, and Auth0 is asked each time.
  await limit(gateway, { ip: clientIp(request, gateway.config.environment) }, 'login')
  const tokens = await timed(trace, 'idp', () =>
    sessions.auth0.exchangeCode(new URL(request.url).searchParams, {
      ...attempt,
      redirectUri: `${origin}${gateway.config.callbackPath}`,
    }),
  )
  trace.subject = tokens.claims.sub
  if (await isTooOld(gateway, tokens)) {
    endRefreshToken(gateway, tokens.refreshToken)
    if (attempt.isForced)
      throw new GatewayError('login_failed', { detail: 'a forced login is too old still' })
    const { returnTo, tries, organization, parameters } = attempt
    const again = { returnTo, tries, organization, parameters, isForced: true }
    return begin(gateway, request, context, trace, again, ...forget)
  }
  const earlier = await openSession(gateway, request)
  if (earlier) await endSession(gateway, earlier)
  const session = await sessions.store.create(tokens).catch((error: unknown) => {
    endRefreshToken(gateway, tokens.refreshToken)
    throw error
  })
  const cookie = cookies.set(cookies.session, session.value, session.maxAge)
  const location = `${origin}${attempt.returnTo}`
  // A route that finds no session right after this would send the browser around in a circle.
  const isWatched = sendsToLogin(gateway.config, plainPath(location))
  const done = isWatched ? [saysLoggedIn(cookies, gateway.now())] : []
  return redirect(303, location, cookie, ...done, ...forget)
}

/**
 * Whether the user logged in at Auth0 before they were revoked, or longer ago than was asked for: Auth0's own session lets
 * them through without a word.
 */
async function isTooOld(gateway: Gateway, { claims: { sub }, authTime }: Login): Promise<boolean> {
  if (authTime + ABSOLUTE_SECONDS + CLOCK_SECONDS < gateway.now()) return true
  try {
    await rejectRevoked(gateway, { sub, auth_iat: authTime })
    return false
  } catch (error) {
    if (error instanceof TokenError) return true
    throw error
  }
}

async function hasSession(gateway: Gateway, request: Request): Promise<boolean> {
  const session = await openSession(gateway, request)
  if (!session) return false
  try {
    await useSession(gateway, session)
    return true
  } catch (error) {
    if (['no_session', 'session_expired'].includes(codeOf(error))) return false
    throw error
  }
}

function keepingOf(gateway: Gateway, { sessions, cookies }: SessionContext): LoginKeeping {
  return { encryption: sessions.encryption, cookies, now: gateway.now() }
}

/** What is wrong with a login is told with a way to begin anew, and the login's cookie goes. */
async function withPage(
  { returnTo, tries }: LoginAim,
  act: () => Promise<Response>,
  [forget]: readonly string[] = [],
): Promise<Response> {
  try {
    return await act()
  } catch (error) {
    const own = error instanceof GatewayError ? error : undefined
    throw new GatewayError(codeOf(error), {
      cause: error,
      detail: problemOf(error).detail,
      ...(own?.description !== undefined && { description: own.description }),
      said: own?.said,
      headers: { ...own?.headers, ...(forget !== undefined && { 'Set-Cookie': forget }) },
      login: { returnTo, tries: tries + 1 },
    })
  }
}
