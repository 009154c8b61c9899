import { correlationOf } from '@sealgate/kit/gateway'
import { type Context, Hono } from 'hono'
import { allowOrigin, isPreflight, preflight } from './proxy/cors.ts'
import { serverTiming } from './observability/timings.ts'
import { newTrace, type Trace } from './observability/trace.ts'
import { GatewayError } from './errors.ts'
import type { Gateway, GatewayOf } from './gateway.ts'
import { logRequest } from './observability/log.ts'
import {
  BACKCHANNEL_LOGOUT_PATH,
  JWKS_PATH,
  LOGIN_PATH,
  LOGOUT_PATH,
  METADATA_PATH,
  OPENAPI_PATH,
  type ReservedPath,
} from './config/reserved-paths.ts'
import { resourceMetadata } from './mcp/metadata.ts'
import { METHODS } from './config/definition.ts'
import { OPERATOR_PATH } from './config/operator-protocol.ts'
import { checkCookieHeader } from './http/cookie-header.ts'
import { plainPath } from './http/plain-path.ts'
import { addSecurityHeaders } from './http/security-headers.ts'
import { mediaType } from './http/form.ts'
import { backchannelLogout } from './routes/backchannel-logout.ts'
import { dev, DEV_PATH } from './routes/dev.ts'
import { forward } from './proxy/forward.ts'
import { jwksResponse } from './routes/jwks.ts'
import { health, metadata, ready } from './routes/meta.ts'
import { openapi } from './routes/openapi.ts'
import { misconfigured, operate } from './routes/operator.ts'
import { passwordLogin } from './routes/password.ts'
import { revokeToken } from './routes/revoke.ts'
import { callback, login } from './routes/login.ts'
import { logout, profile, refresh } from './routes/session.ts'
import { exchangeToken } from './routes/token.ts'
import { failureOf } from './session/failure.ts'

export interface AppEnv {
  Bindings: object
  Variables: {
    trace: Trace
    gateway: Gateway | undefined
    /** `true` once a service responded. */
    isForwarded: boolean | undefined
  }
}

/** Answers one of the gateway's own routes. */
type Handler = (gateway: Gateway, request: Request, trace: Trace) => Response | Promise<Response>

/** The gateway's own routes but `/health` and `/ready`, which say something without a gateway too; whatever else comes is forwarded. */
const RESERVED_ROUTES: Readonly<
  Record<Exclude<ReservedPath, '/health' | '/ready'>, readonly [methods: readonly string[], handler: Handler]>
> = {
  '/oauth/token': [['POST'], token],
  '/oauth/revoke': [['POST'], revokeToken],
  [LOGIN_PATH]: [['GET'], login],
  '/auth/profile': [['GET'], profile],
  '/auth/refresh': [['POST'], refresh],
  [LOGOUT_PATH]: [['POST'], logout],
  [BACKCHANNEL_LOGOUT_PATH]: [['POST'], backchannelLogout],
  [JWKS_PATH]: [['GET', 'HEAD'], publicJwks],
  [METADATA_PATH]: [['GET', 'HEAD'], metadata],
  [OPENAPI_PATH]: [['GET', 'HEAD'], openapi],
  [OPERATOR_PATH]: [['POST'], operate],
}

/** The public face: what the internet reaches. */
export function createApp(gatewayOf: GatewayOf): Hono<AppEnv> {
  // Not `c.var` below: Hono makes it anew each time it is read.
  const app = new Hono<AppEnv>()

  app.use(async (c, next) => {
    const started = Date.now()
    const trace = newTrace(correlationOf(c.req.raw))
    c.set('trace', trace)
    await next()
    const { error, req } = c
    const gateway = c.get('gateway')
    const isForwarded = c.get('isForwarded') === true
    // What was forwarded is a copy already; headers of other responses may be immutable.
    const response = isForwarded ? c.res : new Response(c.res.body, c.res)
    response.headers.set('X-Request-Id', trace.requestId)
    if (trace.dpopNonce !== undefined) sayNonce(response.headers, trace.dpopNonce)
    if (gateway) allowOrigin(gateway, req.raw, response.headers)
    const ms = Date.now() - started
    // Times tell a stranger what is kept and what is looked up.
    if (gateway?.config.environment === 'dev') {
      response.headers.append('Server-Timing', serverTiming(trace.timings, ms))
    }
    addSecurityHeaders(response, { env: c.env, request: req.raw, isForwarded })
    // Setting it would merge the headers of the response before into it.
    c.res = undefined
    c.res = response
    const { logger, pseudonyms } = gateway ?? { logger: gatewayOf.loggerOf(c.env) }
    const { status } = response
    logRequest(logger, pseudonyms, trace, { request: req.raw, status, ms, error })
  })

  app.on(['GET', 'HEAD'], '/health', (c) => {
    c.get('trace').route = '/health'
    return health()
  })

  app.on(['GET', 'HEAD'], '/ready', (c) => {
    c.get('trace').route = '/ready'
    return ready(c.env, gatewayOf)
  })

  const gatewayFor = async (env: object, request: Request): Promise<Gateway> => {
    try {
      return await gatewayOf(env)
    } catch (error) {
      throw plainPath(request.url) === OPERATOR_PATH ? await misconfigured(env, request, error) : error
    }
  }

  app.use(async (c, next) => {
    checkCookieHeader(c.req.raw)
    if (!METHODS.some((method) => method === c.req.method)) throw new GatewayError('method_unknown')
    const gateway = await gatewayFor(c.env, c.req.raw)
    c.set('gateway', gateway)
    const path = plainPath(c.req.url)
    const document = path === null ? undefined : resourceMetadata(gateway, c.req.raw, path)
    if (document) {
      c.get('trace').route = path ?? ''
      return document
    }
    if (gateway.config.corsOrigins.size > 0 && isPreflight(c.req.raw)) {
      return preflight(gateway, c.req.raw, path)
    }
    return next()
  })

  for (const [path, [methods, handler]] of Object.entries(RESERVED_ROUTES)) {
    app.all(path, async (c) => {
      c.get('trace').route = path
      // Hono decodes a path before it compares: rules in front of this Worker must not be passed by an encoded letter.
      if (plainPath(c.req.url) !== path) throw new GatewayError('bad_path')
      checkMethod(c.req.method, methods)
      return handler(await gatewayOf(c.env), c.req.raw, c.get('trace'))
    })
  }

  app.all(DEV_PATH, async (c, next) => {
    const gateway = await gatewayOf(c.env)
    return gateway.config.environment === 'dev' ? dev(gateway, c.req.raw, c.get('trace')) : next()
  })

  app.all('*', async (c) => {
    const gateway = await gatewayOf(c.env)
    // A setting of each environment, and so no route here.
    const { callbackPath } = gateway.config
    if (c.req.path === callbackPath) {
      c.get('trace').route = callbackPath
      if (plainPath(c.req.url) !== callbackPath) throw new GatewayError('bad_path')
      checkMethod(c.req.method, ['GET'])
      return callback(gateway, c.req.raw, c.get('trace'))
    }
    const response = await forward(gateway, c.req.raw, c.get('trace'))
    c.set('isForwarded', true)
    return response
  })

  app.onError((thrown, c: Context<AppEnv>) => {
    const { error, response } = failureOf(thrown, c.req.raw, c.get('trace').requestId, c.get('gateway'))
    // What the log says.
    if (error instanceof Error) c.error = error
    return response
  })

  return app
}

/** RFC 9449 §8.2. A nonce is for now: what a cache keeps would bring back an old one. */
function sayNonce(headers: Headers, nonce: string): void {
  headers.set('DPoP-Nonce', nonce)
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
}

function checkMethod(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return
  throw new GatewayError('method_not_allowed', { headers: { Allow: allowed.join(', ') } })
}

/** The token exchange is a form; the password realm is JSON. */
function token(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  return mediaType(request) === 'application/json'
    ? passwordLogin(gateway, request, trace)
    : exchangeToken(gateway, request, trace)
}

function publicJwks(gateway: Gateway, request: Request): Promise<Response> {
  if (!gateway.config.jwksPublic) throw new GatewayError('not_found')
  return jwksResponse(gateway, request)
}
