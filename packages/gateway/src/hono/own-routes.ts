import { ConfigError } from '@sealgate/kit'
import { isOfOwnSite } from '@sealgate/kit/gateway'
import { LOGIN_PATH, LOGOUT_PATH } from '../config/reserved-paths.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import type { Trace } from '../observability/trace.ts'
import { callback, login } from '../routes/login.ts'
import { logout } from '../routes/session.ts'
import type { AuthOptions } from './options.ts'

type Handler = (gateway: Gateway, request: Request, trace: Trace) => Promise<Response>

/** A route that the middleware serves itself. */
export interface OwnRoute {
  readonly path: string
  readonly methods: readonly string[]
  /** The path of the gateway's own route for the same: by it a page of a login is told from others. */
  readonly as: string
  readonly handler: Handler
}

/**
 * The routes by the paths that the app gives them, and by those of the gateway, which its pages link to.
 *
 * @throws ConfigError for one path with two meanings
 */
export function ownRoutes({ routes = {} }: AuthOptions): readonly OwnRoute[] {
  const {
    login: loginPath = '/login',
    callback: callbackPath = '/callback',
    logout: logoutPath = '/logout',
  } = routes
  const paths = [loginPath, callbackPath, logoutPath]
  if (new Set(paths).size < paths.length) {
    throw new ConfigError('auth(): routes has one path twice: login, callback and logout need one each')
  }
  const begin: Handler = (gateway, request, trace) =>
    login(gateway, endingElsewhere(request, [loginPath, logoutPath]), trace)
  return [
    ...[loginPath, LOGIN_PATH].map((path) => ({ path, methods: ['GET'], as: LOGIN_PATH, handler: begin })),
    { path: callbackPath, methods: ['GET'], as: callbackPath, handler: callback },
    ...[logoutPath, LOGOUT_PATH].map((path) => ({
      ...{ path, methods: ['GET', 'POST'] },
      ...{ as: LOGOUT_PATH, handler: leave },
    })),
  ]
}

/** A link elsewhere must not log its readers out. */
const leave: Handler = async (gateway, request) => {
  if (!isOfOwnSite(request.headers)) throw new GatewayError('csrf')
  return logout(gateway, request)
}

/** A login that ended at one of these paths would go round, or log out again: it ends at the start page. */
function endingElsewhere({ url, headers }: Request, paths: readonly string[]): Request {
  const target = new URL(url)
  const [returnTo = ''] = target.searchParams.get('returnTo')?.split(/[?#]/, 1) ?? []
  if (paths.includes(returnTo)) target.searchParams.set('returnTo', '/')
  return new Request(target, { headers })
}
