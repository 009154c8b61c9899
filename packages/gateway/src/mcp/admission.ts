import { isWebSocketUpgrade } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { originOf } from '../session/cookies.ts'

/**
 * Rejects what no MCP client sends, before anything is verified.
 *
 * - An `Origin` that is neither the gateway's own nor one of `CORS_ORIGINS`: by DNS rebinding a page of another site could
 *   else talk to a server on the same machine or network (MCP, Streamable HTTP, security warning). Programs send none.
 * - A token in the query, which would be in logs and in `Referer` (RFC 9700 §4.3.2; MCP, access token usage). Alone it counts
 *   as none, so that the client hears how to get one; beside another it is one way too many (RFC 6750 §2).
 * - A WebSocket: the transport has none.
 *
 * @throws GatewayError `csrf`, `no_credentials`, `malformed_credentials`, `invalid_request`
 */
export function admit({ config }: Gateway, request: Request): void {
  const { headers } = request
  const origin = headers.get('Origin')
  if (origin !== null && origin !== originOf(config, request) && !config.corsOrigins.has(origin)) {
    throw new GatewayError('csrf', { detail: 'the Origin is not in CORS_ORIGINS' })
  }
  if (isWebSocketUpgrade(request)) {
    throw new GatewayError('invalid_request', { description: 'MCP has no WebSocket transport' })
  }
  if (new URL(request.url).searchParams.has('access_token')) {
    const isAlone = !headers.has('Authorization')
    throw new GatewayError(isAlone ? 'no_credentials' : 'malformed_credentials', {
      detail: 'the query has a token',
    })
  }
}
