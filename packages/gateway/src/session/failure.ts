import type { Config } from '../config/read-config.ts'
import { isReserved, LOGIN_PATH } from '../config/reserved-paths.ts'
import { codeOf, errorResponse, GatewayError } from '../errors.ts'
import { acceptsHtml, isNavigation } from '../http/navigation.ts'
import { plainPath } from '../http/plain-path.ts'
import { redirect } from '../http/redirect.ts'
import type { SessionGateway } from './access.ts'
import { cookiesOf, hasJustLoggedIn, originOf } from './cookies.ts'
import { errorPage, siteOf, wantsPage } from './page.ts'
import { safeReturnTo } from './return-to.ts'

/** What became of an error: how it counts, and what is sent. */
export interface Failure {
  readonly error: unknown
  readonly response: Response | Promise<Response>
}

/**
 * The response for an error: JSON; for a person at a browser a page; and where a route says so, the way to log in.
 *
 * @param gateway `undefined` when there is none, because of its configuration
 */
export function failureOf(
  error: unknown,
  request: Request,
  requestId: string,
  gateway: SessionGateway | undefined,
): Failure {
  const page = { site: siteOf(gateway, request), branding: gateway?.config.branding ?? {} }
  const json = (): Failure => ({ error, response: errorResponse(error, requestId) })
  if (!gateway || !opensPage(request, gateway.config)) {
    return wantsPage(request, gateway?.config.callbackPath)
      ? { error, response: errorPage(error, requestId, page) }
      : json()
  }
  const { config } = gateway
  const origin = originOf(config, request)
  const returnTo = placeOf(request, origin, config.callbackPath)
  if (isWithoutLogin(error, request)) {
    if (!hasJustLoggedIn(request, cookiesOf(config, origin), gateway.now())) {
      const query = new URLSearchParams({ returnTo }).toString()
      return { error, response: redirect(302, `${origin}${LOGIN_PATH}?${query}`) }
    }
    // The login just went well, and another would end here again.
    error = new GatewayError('session_lost', { cause: error })
  }
  return acceptsHtml(request.headers)
    ? { error, response: errorPage(error, requestId, { ...page, place: returnTo }) }
    : json()
}

/** True when a person opens a page of a route with `login: 'redirect'`. */
function opensPage(request: Request, config: Config): boolean {
  return isNavigation(request) && sendsToLogin(config, plainPath(request.url))
}

/** True for the path of a route with `login: 'redirect'`; the gateway's own are none, whatever covers them. */
export function sendsToLogin({ routes, callbackPath }: Config, path: string | null): boolean {
  const match = path === null || isReserved(path, callbackPath) ? undefined : routes.find(path, 'GET')
  return (
    match !== undefined &&
    'route' in match &&
    match.route.auth === 'required' &&
    match.route.login === 'redirect'
  )
}

/** Bad credentials are rejected, wherever they come from; so is a person whom Auth0 let in and this gateway does not. */
function isWithoutLogin(error: unknown, { headers }: Request): boolean {
  return ['no_credentials', 'session_expired'].includes(codeOf(error)) && !headers.has('Authorization')
}

/** Where a person is, as a login may end there; else the path without its query, or the start page. */
function placeOf(request: Request, origin: string, callbackPath: string): string {
  const { pathname, search } = new URL(request.url)
  return (
    safeReturnTo(`${pathname}${search}`, origin, callbackPath) ??
    safeReturnTo(pathname, origin, callbackPath) ??
    '/'
  )
}
