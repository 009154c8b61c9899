import { isWebSocketUpgrade } from './websocket.ts'

/** `Sec-Fetch-Site` of what comes from a page of this origin, or from no page (W3C Fetch Metadata §2.3). */
const OWN_SITES = ['same-origin', 'none']

/** `Sec-Fetch-Dest` of a navigation of the whole tab. It is `empty` when a service worker of this origin passes it on. */
const TAB: readonly (string | null)[] = ['document', 'empty']

/**
 * True for a request that would act with somebody's cookie for a page of another origin. A sibling's counts as another's: to
 * `SameSite=Lax` it does not.
 *
 * - GET and HEAD: from a page of ours, from none, or a navigation of the whole tab. A client that says nothing passes.
 * - Whatever else, and every upgrade: `Origin` must name this origin; without one, `Sec-Fetch-Site` must be `same-origin`.
 *
 * @param origin this one
 */
export function isCrossSite(request: Request, origin: string): boolean {
  const { method, headers } = request
  const isRead = (method === 'GET' || method === 'HEAD') && !isWebSocketUpgrade(request)
  return !(isRead ? isOfOwnSite(headers) || isTabNavigation(headers) : mayWrite(headers, origin))
}

/** True for what comes from a page of this origin, or from no page; and for a client that does not say. */
export function isOfOwnSite(headers: Headers): boolean {
  const site = headers.get('Sec-Fetch-Site')
  return site === null || OWN_SITES.includes(site)
}

/** True for a navigation of the whole tab, not of a frame, by whom `Sec-Fetch-*` says it (W3C Fetch Metadata §2). */
export function isTabNavigation(headers: Headers): boolean {
  return headers.get('Sec-Fetch-Mode') === 'navigate' && TAB.includes(headers.get('Sec-Fetch-Dest'))
}

function mayWrite(headers: Headers, origin: string): boolean {
  const sender = headers.get('Origin')
  return sender === null ? headers.get('Sec-Fetch-Site') === 'same-origin' : sender === origin
}
