import { type Context, Hono } from 'hono'
import { errorResponse, GatewayError, problemOf } from './errors.ts'
import { type Gateway, gatewayOf } from './gateway.ts'
import { logRequest } from './logs.ts'
import { forward } from './routes/forward.ts'
import { JWKS_PATH, jwksResponse } from './routes/jwks.ts'
import { health } from './routes/meta.ts'
import { exchangeToken } from './routes/token.ts'

interface AppEnv {
  Bindings: object
  Variables: { requestId: string; gateway: Gateway; route: string | undefined }
}

const TOKEN_PATH = '/oauth/token'
const HEALTH_PATH = '/health'

/** The public face: what the internet reaches. */
export const app = new Hono<AppEnv>()

app.use(async (c, next) => {
  const started = Date.now()
  const requestId = crypto.randomUUID()
  c.set('requestId', requestId)
  await next()
  // Answers of a service may have immutable headers.
  c.res = new Response(c.res.body, c.res)
  c.res.headers.set('X-Request-Id', requestId)
  const { error, req, res, var: own } = c
  logRequest({
    requestId,
    method: req.method,
    route: own.route,
    status: res.status,
    durationMs: Date.now() - started,
    ...(error && { problem: problemOf(error) }),
  })
})

app.on(['GET', 'HEAD'], HEALTH_PATH, (c) => {
  c.set('route', HEALTH_PATH)
  return health()
})

app.use(async (c, next) => {
  c.set('gateway', gatewayOf(c.env))
  await next()
})

app.on(['GET', 'HEAD'], JWKS_PATH, (c) => {
  c.set('route', JWKS_PATH)
  const { gateway } = c.var
  if (!gateway.config.jwksPublic) throw new GatewayError('not_found')
  return jwksResponse(gateway, c.req.raw)
})
app.all(TOKEN_PATH, (c) => {
  c.set('route', TOKEN_PATH)
  if (c.req.method !== 'POST') throw new GatewayError('method_not_allowed', { headers: { Allow: 'POST' } })
  return exchangeToken(c.var.gateway, c.req.raw)
})
app.all('*', (c) =>
  forward(c.var.gateway, c.req.raw, c.var.requestId, ({ match }) => {
    c.set('route', match)
  }),
)

app.onError((error, c: Context<AppEnv>) => errorResponse(error, c.var.requestId))
