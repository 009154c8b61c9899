import { readCredentials } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import type { ExchangeRefusal } from '../exchange.ts'
import { type Gateway, mint } from '../gateway.ts'
import { plainPath } from '../paths.ts'
import type { Route } from '../routing.ts'

/** Request headers that may pass to a service. Whatever is not here, or in the route's own list, stays. */
const FORWARDED =
  /^(accept(-.*)?|content-(?!length$).*|if-.*|range|user-agent|origin|traceparent|tracestate)$/

/** Headers of answers that are this gateway's to set. */
const NOT_ANSWERED = ['Clear-Site-Data', 'X-Error-Source']

/**
 * The edge: finds the route, makes a token for its service, and forwards over the binding.
 *
 * @param onRoute hears of the route before anything else is done
 * @throws GatewayError
 */
export async function forward(
  gateway: Gateway,
  request: Request,
  requestId: string,
  onRoute: (route: Route) => void,
): Promise<Response> {
  const { routes, services } = gateway.config
  const path = plainPath(request.url)
  if (path === null) throw new GatewayError('bad_path')
  const match = routes.find(path, request.method)
  if (!match) throw new GatewayError('not_found')
  if ('allow' in match) {
    throw new GatewayError('method_not_allowed', { headers: { Allow: match.allow.join(', ') } })
  }
  const { route } = match
  onRoute(route)
  const headers = forwardedHeaders(request, route, requestId)
  if (route.auth === 'required')
    headers.set('Authorization', `Bearer ${await tokenFor(gateway, request, route)}`)
  const service = services.get(route.service)
  if (!service) throw new GatewayError('misconfigured', { detail: `no service ${route.service}` })
  const forwarded = new Request(request.url, {
    method: request.method,
    headers,
    body: request.body,
    // A binding's fetch would follow a redirect inside, and turn a POST into a GET.
    redirect: 'manual',
  })
  const answer = await withTimeout(route.timeoutMs, (signal) =>
    service.fetch(new Request(forwarded, { signal })),
  )
  const response = new Response(answer.body, answer)
  for (const name of NOT_ANSWERED) response.headers.delete(name)
  return response
}

async function tokenFor(
  gateway: Gateway,
  request: Request,
  route: Extract<Route, { auth: 'required' }>,
): Promise<string> {
  const credentials = readCredentials(request)
  if (credentials.kind === 'none') throw new GatewayError('no_credentials')
  if (credentials.kind === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  const verified = await gateway.auth0.verify(credentials.token)
  if (!verified.ok) throw new GatewayError('invalid_token', { detail: verified.refusal })
  const { audience, grant, require } = route
  const minted = await mint(gateway, verified.claims, { audience, require, ...(grant && { grant }) })
  if (minted.ok) return minted.token
  throw new GatewayError(
    minted.refusal === 'required_not_held' ? 'insufficient_scope' : refusalKind(minted.refusal),
    {
      detail: minted.refusal,
    },
  )
}

/** Audience and grant come from the route: what is refused beside the rights is the token. */
function refusalKind(refusal: ExchangeRefusal): 'misconfigured' | 'invalid_token' {
  return refusal === 'unknown_audience' ? 'misconfigured' : 'invalid_token'
}

function forwardedHeaders(request: Request, route: Route, requestId: string): Headers {
  const headers = new Headers()
  for (const [name, value] of request.headers) {
    if (FORWARDED.test(name) || route.forwardHeaders.includes(name)) headers.append(name, value)
  }
  headers.set('X-Request-Id', requestId)
  const clientIp = request.headers.get('CF-Connecting-IP')
  if (clientIp !== null) headers.set('X-Client-IP', clientIp)
  return headers
}

/** Waits for the head of the answer; its body may take as long as it takes. */
async function withTimeout(
  milliseconds: number,
  call: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | null = null
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new GatewayError('service_failed', { detail: `no answer within ${milliseconds} ms` }))
      controller.abort()
    }, milliseconds)
  })
  try {
    return await Promise.race([call(controller.signal), timeout])
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('service_failed', { cause: error, detail: 'the service threw' })
  } finally {
    clearTimeout(timer)
  }
}
