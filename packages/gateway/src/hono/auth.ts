import { ConfigError } from '@sealgate/kit'
import type { MiddlewareHandler } from 'hono'
import type { Auth0Options } from '../auth0/tokens.ts'
import { codeOf, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { aboutTheUser } from '../routes/session.ts'
import { openSession, useSession } from '../session/access.ts'
import { type Auth0Client, clientOf, type ReadSession } from './app-session.ts'
import { insideGateways } from './inside.ts'
import { type AuthOptions, checkOptions } from './options.ts'
import { ownRoutes } from './own-routes.ts'

/** Makes the response for a request that needs a session and has none. */
type Deny = () => Promise<Response>

/** Of the clients of requests without a session. */
const denials = new WeakMap<Auth0Client, Deny>()

/**
 * Middleware with logins of Auth0: serves login, callback and logout, puts the session on the context as
 * `c.var.auth0Client`, and lets nobody through without one. A browser is led to log in and comes back to where it was;
 * whoever else has no session gets 401. Sessions are in a cookie, encrypted, for as long as Auth0's access token.
 *
 * ```ts
 * app.use(auth())
 * app.get('/', (c) => c.text(`Hello ${c.var.auth0Client?.getSession()?.user.name}!`))
 * ```
 *
 * @param options default: all of it from the environment
 * @throws ConfigError naming the option: here what is wrong with one, on the first request what is missing
 */
export function auth(options: AuthOptions = {}): MiddlewareHandler {
  return authWith(options)
}

/** @param runtime clock and network, for tests */
export function authWith(options: AuthOptions, runtime: Auth0Options = {}): MiddlewareHandler {
  checkOptions(options)
  const { authRequired = true } = options
  const routes = ownRoutes(options)
  const insideOf = insideGateways(options, runtime)
  return async (c, next) => {
    const request = c.req.raw
    const inside = await insideOf(c)
    const { pathname } = new URL(request.url)
    const route = routes.find(({ path, methods }) => path === pathname && methods.includes(request.method))
    if (route) {
      inside.trace.route = pathname
      const served = without(request, { path: route.as })
      return inside.respond(served, () => route.handler(inside.gateway, served, inside.trace))
    }
    let session: ReadSession | undefined
    let problem: unknown = new GatewayError('no_credentials')
    try {
      session = await readSession(inside.gateway, request)
    } catch (error) {
      problem = error
    }
    // An access token in `Authorization` is nothing here: it keeps no browser from the login.
    const deny: Deny = () => inside.fail(without(request, { header: 'Authorization' }), problem)
    const client = clientOf(session)
    if (!session) {
      if (authRequired || !LIKE_NO_SESSION.includes(codeOf(problem))) return deny()
      denials.set(client, deny)
    }
    c.set('auth0Client', client)
    await next()
    return undefined
  }
}

/**
 * Middleware for single routes where `auth({ authRequired: false })` lets everybody through.
 *
 * @throws ConfigError on a request that `auth()` has not seen
 */
export function requiresAuth(): MiddlewareHandler {
  return async (c, next) => {
    const { auth0Client: client } = c.var
    if (!client) throw new ConfigError('requiresAuth() needs app.use(auth(…)) in front of it')
    const deny = denials.get(client)
    if (deny) return deny()
    await next()
    return undefined
  }
}

/** What a session is that counts as none. A page of another site has none that counts. */
const LIKE_NO_SESSION: readonly string[] = ['no_credentials', 'no_session', 'session_expired', 'csrf']

async function readSession(gateway: Gateway, request: Request): Promise<ReadSession | undefined> {
  const session = await openSession(gateway, request)
  if (!session) return undefined
  const access = await useSession(gateway, session)
  const claims = aboutTheUser(await session.profile({ isFresh: false }))
  return { user: { ...claims, sub: access.sub }, access }
}

/** The same request without its body, at another path or without a header. */
function without(
  { url, method, headers: given }: Request,
  { path, header = '' }: { readonly path?: string; readonly header?: string },
): Request {
  const target = new URL(url)
  if (path !== undefined) target.pathname = path
  const headers = new Headers([...given].filter(([name]) => name !== header.toLowerCase()))
  return new Request(target, { method, headers })
}
