import type { McpResource } from '../config/mcp.ts'
import { DPOP_ALGS, GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'

/** Protected resource metadata (RFC 9728 §2): members that say nothing here are left out (§3.2). */
export interface ResourceMetadata {
  readonly resource: string
  /** Issuers, as their own metadata names them (RFC 8414 §2). */
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
  readonly resource_name: string
  readonly resource_documentation?: string
  readonly resource_policy_uri?: string
  readonly resource_tos_uri?: string
  /** RFC 9449: where tokens must be bound to a key. */
  readonly dpop_bound_access_tokens_required?: true
  readonly dpop_signing_alg_values_supported?: typeof DPOP_ALGS
}

const METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Seconds that a browser may remember a preflight. */
const MAX_AGE = '600'

/**
 * `GET /.well-known/oauth-protected-resource/…`: what a client has to know before it has a token. Pages of every origin may
 * read it, because a client may be a page, and it is the same for everybody. No other response of the gateway says that.
 *
 * @param path in its plain form
 * @returns `undefined` for the path of no resource
 * @throws GatewayError `method_not_allowed`
 */
export function resourceMetadata(gateway: Gateway, request: Request, path: string): Response | undefined {
  const resource = gateway.config.mcp.byMetadataPath.get(path)
  if (!resource) return undefined
  const readable = { 'Access-Control-Allow-Origin': '*' }
  if (request.method === 'OPTIONS') {
    const allowed = {
      'Access-Control-Allow-Methods': METHODS.join(', '),
      // Clients send the version of the protocol with it. A token is not needed, and not allowed.
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': MAX_AGE,
    }
    return new Response(null, { status: 204, headers: { ...readable, ...allowed } })
  }
  if (!METHODS.includes(request.method)) {
    throw new GatewayError('method_not_allowed', { headers: { Allow: METHODS.join(', ') } })
  }
  return Response.json(metadataOf(gateway, resource), {
    headers: {
      ...readable,
      'Cache-Control': 'public, max-age=300',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    },
  })
}

function metadataOf({ config }: Gateway, { resource, definition, own }: McpResource): ResourceMetadata {
  const { name, scopes, documentation, policy, terms } = definition
  return {
    resource,
    authorization_servers: [
      config.auth0.issuer,
      ...(own !== undefined && config.enterprise ? [config.enterprise.issuer] : []),
    ],
    // Zero-valued arrays are left out (§3.2).
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    resource_name: name,
    ...(documentation !== undefined && { resource_documentation: documentation }),
    ...(policy !== undefined && { resource_policy_uri: policy }),
    ...(terms !== undefined && { resource_tos_uri: terms }),
    ...(config.variables.DPOP === 'required' && {
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported: DPOP_ALGS,
    }),
  }
}
