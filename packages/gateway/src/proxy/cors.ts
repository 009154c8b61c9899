import type { Gateway } from '../gateway.ts'

/** What a page on another origin may read of a response. */
const EXPOSED =
  'X-Request-Id, X-Error-Source, WWW-Authenticate, Retry-After, Location, ETag, DPoP-Nonce, Mcp-Session-Id'

/** What a page on another origin may send, beside what its route passes on. */
const ALLOWED = [
  'authorization',
  'dpop',
  'content-type',
  'accept',
  'if-none-match',
  'x-request-id',
  'traceparent',
  'tracestate',
]

/** The same, to an MCP server: headers of its transport. */
const ALLOWED_OF_MCP = ['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id']

/** Seconds that a browser may remember a preflight. */
const MAX_AGE = '600'

/** True for the preflight that a browser sends before a request to another origin. */
export function isPreflight(request: Request): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.has('Origin') &&
    request.headers.has('Access-Control-Request-Method')
  )
}

/** The response to a preflight. Origins that are not listed get no CORS header, and so a rejection by their browser. */
export function preflight(gateway: Gateway, request: Request, path: string | null): Response {
  const method = request.headers.get('Access-Control-Request-Method') ?? ''
  const match = path === null ? undefined : gateway.config.routes.find(path, method)
  const route = match && 'route' in match ? match.route : undefined
  const isMcp = route?.auth === 'required' && route.mcp !== undefined
  const own = [...(isMcp ? ALLOWED_OF_MCP : []), ...(route?.forwardHeaders ?? [])]
  const headers = new Headers({
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': [...ALLOWED, ...own].join(', '),
    'Access-Control-Max-Age': MAX_AGE,
  })
  return new Response(null, { status: 204, headers: isAllowed(gateway, request) ? headers : {} })
}

/**
 * Lets the page that sent the request read the response, when its origin is listed. Never with credentials: a session is for this
 * gateway's own origin, and other pages send a token.
 */
export function allowOrigin(gateway: Gateway, request: Request, headers: Headers): void {
  // What is for everybody stays so.
  if (gateway.config.corsOrigins.size === 0 || headers.has('Access-Control-Allow-Origin')) return
  headers.append('Vary', 'Origin')
  if (!isAllowed(gateway, request)) return
  headers.set('Access-Control-Allow-Origin', request.headers.get('Origin') ?? '')
  headers.set('Access-Control-Expose-Headers', EXPOSED)
}

function isAllowed(gateway: Gateway, request: Request): boolean {
  return gateway.config.corsOrigins.has(request.headers.get('Origin') ?? '')
}
