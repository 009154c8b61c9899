import { type Context, Hono } from 'hono'
import { errorResponse, GatewayError, kindOf, rowOf } from './errors.ts'
import { type Gateway, gatewayOf } from './gateway.ts'
import { logRequest } from './logs.ts'
import { forward } from './routes/forward.ts'
import { JWKS_PATH, jwksResponse } from './routes/jwks.ts'
import { exchangeToken } from './routes/token.ts'

interface AppEnv {
  Bindings: object
  Variables: { requestId: string; gateway: Gateway }
}

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
  const { method, path } = c.req
  logRequest({
    requestId,
    method,
    path,
    status: c.res.status,
    durationMs: Date.now() - started,
    ...problemOf(c),
  })
})

app.get('/health', (c) => c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' }))

app.use(async (c, next) => {
  c.set('gateway', gatewayOf(c.env))
  await next()
})

app.on(['GET', 'HEAD'], JWKS_PATH, (c) => {
  const { gateway } = c.var
  if (!gateway.config.jwksPublic) throw new GatewayError('not_found')
  return jwksResponse(gateway, c.req.raw)
})
app.post('/oauth/token', (c) => exchangeToken(c.var.gateway, c.req.raw))
app.all('/oauth/token', () => {
  throw new GatewayError('method_not_allowed', { headers: { Allow: 'POST' } })
})
app.all('*', (c) => forward(c.var.gateway, c.req.raw, c.var.requestId))

app.onError((error, c: Context<AppEnv>) => errorResponse(error, c.var.requestId))

/** What an error adds to the log. Messages of errors that are not ours stay out: they may quote anything. */
function problemOf(c: Context<AppEnv>): { error?: string; source?: string; detail?: string } {
  const { error } = c
  if (!error) return {}
  const kind = kindOf(error)
  const detail =
    error instanceof GatewayError ? error.detail : kind === 'misconfigured' ? error.message : error.name
  return { error: kind, source: rowOf(kind).source, ...(detail !== undefined && { detail }) }
}
