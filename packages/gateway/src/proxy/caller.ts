import {
  type Credentials,
  isWebSocketUpgrade,
  offeredProtocols,
  readCredentials,
} from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import { type SubjectClaims, subjectKind } from '../auth0/subject.ts'
import type { McpResource } from '../config/mcp.ts'
import type { Gateway } from '../gateway.ts'
import type { Auth0Result } from '../auth0/tokens.ts'
import type { Route } from '../config/route-table.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import { originOf } from '../session/cookies.ts'
import { sessionAccess } from '../session/access.ts'

/** Who sends a request to a route. */
export interface Caller {
  /** The access token, verified in this request. */
  readonly token: string
  readonly claims: SubjectClaims
  /** By what a browser sends by itself. */
  readonly bySession: boolean
}

/** What Cloudflare Access writes into a request that its policies let through. */
const ACCESS_HEADER = 'Cf-Access-Jwt-Assertion'

/**
 * The caller of a route. `Authorization` alone counts when it is there, and a bad one is rejected, never downgraded; so
 * is a WebSocket's subprotocol token. Only without either does the JWT of Cloudflare Access count, on a route that says so,
 * or else a session. `undefined`: nobody.
 *
 * @throws GatewayError
 */
export async function callerOf(
  gateway: Gateway,
  request: Request,
  route: Route,
): Promise<Caller | undefined> {
  const byHeader = readCredentials(request)
  const byProtocol = readSubprotocolToken(request)
  const hasHeader = request.headers.has('Authorization')
  if (hasHeader && byProtocol.form !== 'none') {
    throw new GatewayError('malformed_credentials', {
      detail: 'a header and a subprotocol both carry a token',
    })
  }
  const credentials = hasHeader ? byHeader : byProtocol
  if (credentials.form === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  if (credentials.form === 'token')
    return {
      ...subject(credentials.token, await gateway.subjectTokens.verify(credentials.token)),
      bySession: false,
    }
  // Credentials of another scheme came: they are rejected like bad ones.
  if (hasHeader) throw new GatewayError('no_credentials')
  const assertion =
    'cloudflareAccess' in route && route.cloudflareAccess ? request.headers.get(ACCESS_HEADER) : null
  if (assertion !== null) {
    const access = subject(assertion, await gateway.subjectTokens.verifyAccess(assertion))
    // Access makes that of a user of a cookie, which the browser sends for pages of other sites too.
    if (subjectKind(access.claims.sub) !== 'machine')
      rejectCrossSite(request, originOf(gateway.config, request))
    return { ...access, bySession: true }
  }
  const access = await sessionAccess(gateway, request)
  if (!access) return undefined
  const { token, claims } = subject(access.accessToken, await gateway.auth0.verify(access.accessToken))
  // The session knows when its user logged in; its access token may be a refreshed one.
  return { token, claims: { ...claims, auth_iat: Math.floor(access.authTime) }, bySession: true }
}

/**
 * The caller of an MCP server: a token for this very resource, in `Authorization`, and nothing else. A session never counts:
 * a browser sends its cookie whoever asked for it, and the tools behind would run for a page that nobody meant to let in.
 *
 * @throws GatewayError
 */
export async function mcpCallerOf(
  gateway: Gateway,
  request: Request,
  resource: McpResource,
): Promise<Caller> {
  const credentials = readCredentials(request)
  if (credentials.form === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  if (credentials.form === 'none') throw new GatewayError('no_credentials')
  const { token } = credentials
  return { ...subject(token, await gateway.subjectTokens.verify(token, resource)), bySession: false }
}

function subject(token: string, verified: Auth0Result): Omit<Caller, 'bySession'> {
  if (!verified.ok) throw new GatewayError('invalid_token', { detail: verified.rejection })
  return { token, claims: verified.claims }
}

/** The token that a browser's WebSocket offers as a subprotocol. */
function readSubprotocolToken(request: Request): Credentials {
  if (!isWebSocketUpgrade(request)) return { form: 'none' }
  const { tokens, isIncomplete } = offeredProtocols(request.headers)
  const [token] = tokens
  if (token === undefined) return { form: 'none' }
  if (tokens.length > 1 || token === '' || isIncomplete) {
    return { form: 'malformed', detail: 'the subprotocols are not sealgate and one sealgate.bearer.<token>' }
  }
  return { form: 'token', token }
}
