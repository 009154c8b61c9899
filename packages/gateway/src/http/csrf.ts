import { isWebSocketUpgrade } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import { isTabNavigation } from './navigation.ts'

/** `Sec-Fetch-Site` of what comes from a page of this origin, or from no page (W3C Fetch Metadata §2.3). */
const OWN_SITES = ['same-origin', 'none']

/**
 * Rejects a request that would act with somebody's cookie for a page of another origin. A sibling's counts as another's:
 * to `SameSite=Lax` it does not.
 *
 * - GET and HEAD: from a page of ours, from none, or a navigation of the whole tab. A client that says nothing passes.
 * - Whatever else, and every upgrade: `Origin` must name this origin; without one, `Sec-Fetch-Site` must be `same-origin`.
 *
 * @param origin the gateway's own
 * @throws GatewayError `csrf`
 */
export function rejectCrossSite(request: Request, origin: string): void {
  const { method, headers } = request
  const isRead = (method === 'GET' || method === 'HEAD') && !isWebSocketUpgrade(request)
  if (!(isRead ? mayRead(headers) : mayWrite(headers, origin))) throw new GatewayError('csrf')
}

/**
 * Rejects a form that a page of another origin sends and may not read the response to. It needs no cookie to do harm: any
 * page could use up the limit of its visitors' address. A client that says nothing of itself passes.
 *
 * @param readers origins whose pages may read responses
 * @throws GatewayError `csrf`
 */
export function rejectForeignForm({ headers }: Request, readers: ReadonlySet<string>): void {
  if (!isOfOwnSite(headers) && !readers.has(headers.get('Origin') ?? '')) throw new GatewayError('csrf')
}

function isOfOwnSite(headers: Headers): boolean {
  const site = headers.get('Sec-Fetch-Site')
  return site === null || OWN_SITES.includes(site)
}

function mayRead(headers: Headers): boolean {
  return isOfOwnSite(headers) || isTabNavigation(headers)
}

function mayWrite(headers: Headers, origin: string): boolean {
  const sender = headers.get('Origin')
  return sender === null ? headers.get('Sec-Fetch-Site') === 'same-origin' : sender === origin
}
