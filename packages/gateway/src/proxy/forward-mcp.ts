import { TokenError } from '@sealgate/kit'
import type { McpResource } from '../config/mcp.ts'
import { type Issued, rejectRevoked } from '../exchange/issue.ts'
import type { Gateway } from '../gateway.ts'
import { admit } from '../mcp/admission.ts'
import { adoptChallenge, challenged } from '../mcp/challenge.ts'
import { SESSION_HEADER } from '../session/mcp-session-ids.ts'
import { isEventStream, limited } from '../mcp/stream.ts'
import { timed } from '../observability/timings.ts'
import type { Trace } from '../observability/trace.ts'
import { type Caller, mcpCallerOf } from './caller.ts'
import { forwardedHeaders } from './headers.ts'
import { sendOn } from './send-on.ts'
import { identify, type RouteWithToken } from './identify.ts'

/** A route to an MCP server, as a request came to it. */
export interface McpRequest {
  readonly route: RouteWithToken
  readonly resource: McpResource
  readonly trace: Trace
}

/**
 * The edge in front of an MCP server: a token for this very resource, an internal one in its place, the session's id as the
 * service knows it, and streams that end with their token.
 *
 * @throws GatewayError whose challenge leads a client to the resource's metadata
 */
export async function forwardMcp(
  gateway: Gateway,
  request: Request,
  { route, resource, trace }: McpRequest,
): Promise<Response> {
  const headers = forwardedHeaders(request, route, gateway.config.cookieNames)
  // A request over a binding has none, and servers of MCP hold it against the URL.
  if (route.origin === undefined) headers.set('Host', new URL(request.url).host)
  const sent = { headers, trace }
  try {
    admit(gateway, request)
    const caller = await timed(trace, 'verify', () => mcpCallerOf(gateway, request, resource, trace))
    // A stream lasts as long as its token: none begins with one that was used before.
    const issued = await identify(gateway, caller, route, { ...sent, isFresh: request.method === 'GET' })
    const owner = { claims: caller.claims, resource }
    const own = await gateway.mcpSessions.open(request, owner)
    if (own !== undefined) headers.set(SESSION_HEADER, own)
    const response = await sendOn(gateway, request, route, sent)
    if (response.status === 401 || response.status === 403) adoptChallenge(response.headers, resource)
    const given = request.headers.get(SESSION_HEADER)
    await gateway.mcpSessions.conceal(response.headers, owner, { given, own })
    const body: ReadableStream<Uint8Array> | null = response.body
    if (!body || !isEventStream(response)) return response
    return new Response(limit(gateway, body, caller, issued), response)
  } catch (error) {
    throw challenged(error, resource, route.require)
  }
}

/** A stream whose caller is looked up in the deny-list while it lasts. */
function limit(
  gateway: Gateway,
  body: ReadableStream<Uint8Array>,
  { claims }: Caller,
  { jti, expiresAt }: Issued,
): ReadableStream<Uint8Array> {
  return limited(body, {
    lifetimeMs: (expiresAt - gateway.now()) * 1000,
    async isOver() {
      try {
        await rejectRevoked(gateway, claims, jti)
        return false
      } catch (error) {
        if (error instanceof TokenError) return true
        throw error
      }
    },
  })
}
