import { callerOf } from './caller.ts'
import { forwardedHeaders } from './headers.ts'
import { forwardMcp } from './forward-mcp.ts'
import { sendOn } from './send-on.ts'
import { identify } from './identify.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { plainPath } from '../http/plain-path.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'

/**
 * The edge: finds the route, makes a token for its service, and forwards over the binding, or to the origin.
 *
 * @param trace hears of the route and the caller
 * @throws GatewayError
 */
export async function forward(gateway: Gateway, request: Request, trace: Trace): Promise<Response> {
  const { routes, cookieNames, mcp } = gateway.config
  const path = plainPath(request.url)
  if (path === null) throw new GatewayError('bad_path')
  const match = routes.find(path, request.method)
  if (!match) throw new GatewayError('not_found')
  if ('allow' in match) {
    throw new GatewayError('method_not_allowed', { headers: { Allow: match.allow.join(', ') } })
  }
  const { route } = match
  trace.route = route.match
  const resource = mcp.byMatch.get(route.match)
  if (route.auth === 'required' && resource) return forwardMcp(gateway, request, { route, resource, trace })
  const sent = { headers: forwardedHeaders(request, route, cookieNames), trace }
  if (route.auth === 'none') return sendOn(gateway, request, route, sent)
  const caller = await timed(trace, 'verify', () => callerOf(gateway, request, { route, trace }))
  await identify(gateway, caller, route, sent)
  const response = await sendOn(gateway, request, route, sent)
  if (caller?.bySession && !response.headers.has('Cache-Control')) {
    response.headers.set('Cache-Control', 'private, no-store')
  }
  return response
}
