import { isWebSocketUpgrade } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'

/**
 * Rejects a request that would act with somebody's cookie from a page of another site. Whatever is not GET or HEAD, and
 * every upgrade, must name this origin in `Origin`; where a browser sends none, `Sec-Fetch-Site` must say `same-origin`.
 *
 * @param origin the gateway's own
 * @throws GatewayError `csrf`
 */
export function rejectCrossSite(request: Request, origin: string): void {
  const { method, headers } = request
  if ((method === 'GET' || method === 'HEAD') && !isWebSocketUpgrade(request)) return
  const sender = headers.get('Origin')
  const isOwn = sender === null ? headers.get('Sec-Fetch-Site') === 'same-origin' : sender === origin
  if (!isOwn) throw new GatewayError('csrf')
}
