import {
  type Credentials,
  isWebSocketUpgrade,
  offeredProtocols,
  readCredentials,
} from '@sealgate/kit/gateway'
import { invalidBoundToken, verifyBound } from '../dpop/bound-token.ts'
import { readDpopCredentials } from '../dpop/credentials.ts'
import { dpopChallenge, GatewayError } from '../errors.ts'
import { type SubjectClaims, subjectKind } from '../auth0/subject.ts'
import type { McpResource } from '../config/mcp.ts'
import type { Gateway } from '../gateway.ts'
import type { Trace } from '../observability/trace.ts'
import type { Auth0Result, ExpectedToken } from '../auth0/tokens.ts'
import type { Route } from '../config/route-table.ts'
import { rejectCrossSite } from '../http/csrf.ts'
import { originOf } from '../session/cookies.ts'
import { sessionAccess } from '../session/access.ts'

/** Hears of the credentials. */
type CallerTrace = Pick<Trace, 'presented' | 'dpopNonce'>

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
 * The caller of a route. `Authorization` alone counts when it is there, and a bad one is rejected, never downgraded: a token
 * that is bound to a key counts by the scheme `DPoP` with its proof, and any other by `Bearer`. So is a WebSocket's
 * subprotocol token. Only without either does the JWT of Cloudflare Access count, on a route that says so, or else a
 * session. `undefined`: nobody.
 *
 * @throws GatewayError
 */
export async function callerOf(
  gateway: Gateway,
  request: Request,
  { route, trace }: { readonly route: Route; readonly trace: CallerTrace },
): Promise<Caller | undefined> {
  const byHeader = headerCredentials(request)
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
  if (credentials.form === 'token') return byToken(gateway, request, { token: credentials.token, trace })
  // Credentials of another scheme came: they are rejected like bad ones.
  if (hasHeader) throw noCredentials(gateway)
  const assertion =
    'cloudflareAccess' in route && route.cloudflareAccess ? request.headers.get(ACCESS_HEADER) : null
  if (assertion !== null) {
    const access = subject(assertion, await gateway.subjectTokens.verifyAccess(assertion))
    // Access makes that of a user of a cookie, which the browser sends for pages of other sites too. A machine says nothing of
    // pages; a browser with a client certificate, which is one to Access, does.
    if (subjectKind(access.claims.sub) !== 'machine' || isOfPage(request))
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
  trace: CallerTrace,
): Promise<Caller> {
  const credentials = headerCredentials(request)
  if (credentials.form === 'malformed') {
    throw new GatewayError('malformed_credentials', { detail: credentials.detail })
  }
  if (credentials.form === 'none') throw noCredentials(gateway)
  return byToken(gateway, request, { token: credentials.token, trace, expected: resource })
}

/** What `Authorization` carries, by either scheme. */
function headerCredentials(request: Request): Credentials {
  const bound = readDpopCredentials(request)
  return bound.form === 'none' ? readCredentials(request) : bound
}

interface Sent {
  readonly token: string
  readonly trace: CallerTrace
  readonly expected?: ExpectedToken
}

/** Who sends a token itself: by the scheme `DPoP` a bound one with its proof, and by any other way one that is not bound. */
async function byToken(
  gateway: Gateway,
  request: Request,
  { token, trace, expected }: Sent,
): Promise<Caller> {
  trace.presented = token
  if (readDpopCredentials(request).form === 'token') {
    const verified = await verifyBound(gateway, request, token, { place: 'resource', trace, expected })
    if (!verified.ok) throw invalidBoundToken(verified.rejection)
    return { token, claims: verified.claims, bySession: false }
  }
  if (gateway.config.variables.DPOP === 'required')
    throw new GatewayError('proof_required', { detail: 'not_bound' })
  return { ...subject(token, await gateway.subjectTokens.verify(token, expected)), bySession: false }
}

/** True for what says of itself which page it comes from, as browsers do. */
function isOfPage({ headers }: Request): boolean {
  return headers.has('Origin') || headers.has('Sec-Fetch-Site')
}

function subject(token: string, verified: Auth0Result): Omit<Caller, 'bySession'> {
  if (verified.ok) return { token, claims: verified.claims }
  const { rejection: detail } = verified
  throw new GatewayError(detail === 'proof_missing' ? 'proof_required' : 'invalid_token', { detail })
}

/** The rejection of a caller without credentials: the challenge names the scheme that counts. */
export function noCredentials({ config }: Gateway): GatewayError {
  const isBound = config.variables.DPOP === 'required'
  return new GatewayError(
    'no_credentials',
    isBound ? { headers: { 'WWW-Authenticate': dpopChallenge() } } : {},
  )
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
