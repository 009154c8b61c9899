import {
  cookiePairs,
  correlationHeaders,
  isWebSocketUpgrade,
  offeredProtocols,
  serviceProtocols,
  setOfferedProtocols,
} from '@sealgate/kit/gateway'
import { type CookieNames, isOwnCookie } from '../config/login-settings.ts'
import type { Route } from '../config/route-table.ts'

/**
 * Request headers that may pass to a service. Whatever is not here, or in the route's own list, stays. By `Sec-Fetch-*`, which no
 * script can set, a service with a cookie of its own tells pages of other sites.
 */
const FORWARDED = /^(accept(-.*)?|content-(?!length$).*|if-.*|range|user-agent|origin|sec-fetch-.*)$/

/** What MCP's transport adds, but for the id of the session, which is the service's own and the gateway's to set. */
const FORWARDED_OF_MCP = /^(mcp-(?!session-id$).*|last-event-id)$/

/** Headers of responses that are this gateway's to set. */
const NOT_PASSED_BACK = /^(clear-site-data|x-error-source|dpop-nonce|access-control-.*)$/

/** The headers of the request to a service, but for its credentials. */
export function forwardedHeaders(request: Request, route: Route, ownCookies: CookieNames): Headers {
  const headers = handshakeHeaders(request)
  const isMcp = route.auth === 'required' && route.mcp !== undefined
  for (const [name, value] of request.headers) {
    const isForwarded = FORWARDED.test(name) || (isMcp && FORWARDED_OF_MCP.test(name))
    if (isForwarded || route.forwardHeaders.includes(name)) headers.append(name, value)
  }
  const cookies = forwardedCookies(request, route.forwardCookies, ownCookies)
  if (cookies !== '') headers.set('Cookie', cookies)
  for (const [name, value] of Object.entries(correlationHeaders(request))) headers.set(name, value)
  const clientIp = request.headers.get('CF-Connecting-IP')
  if (clientIp !== null) headers.set('X-Client-IP', clientIp)
  return headers
}

/** The headers of a handshake, but for the token and the subprotocol that carries it; none without an upgrade. */
function handshakeHeaders(request: Request): Headers {
  if (!isWebSocketUpgrade(request)) return new Headers()
  const headers = new Headers(
    [...request.headers].filter(([name]) => /^(upgrade|connection|sec-websocket-.*)$/.test(name)),
  )
  setOfferedProtocols(headers, serviceProtocols(offeredProtocols(request.headers)))
  return headers
}

function forwardedCookies(request: Request, names: readonly string[], ownCookies: CookieNames): string {
  if (names.length === 0) return ''
  return cookiePairs(request.headers.get('Cookie'))
    .filter(([name]) => names.includes(name) && !isOwnCookie(name, ownCookies))
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

/** Takes out of a service's response what is not the service's to say. */
export function stripResponse(headers: Headers, ownCookies: CookieNames): void {
  for (const name of [...headers.keys()].filter((one) => NOT_PASSED_BACK.test(one))) headers.delete(name)
  const cookies = headers.getSetCookie()
  const allowed = cookies.filter((cookie) => !isOwnCookie(cookieName(cookie), ownCookies))
  if (allowed.length === cookies.length) return
  headers.delete('Set-Cookie')
  for (const cookie of allowed) headers.append('Set-Cookie', cookie)
}

/** Browsers send a cookie without a name as its value alone: `=name=value` would pass for one of that name. */
function cookieName(setCookie: string): string {
  return (/^[\s=]*([^=;]*)/.exec(setCookie)?.[1] ?? '').trim()
}
