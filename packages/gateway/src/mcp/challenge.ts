import type { McpResource } from '../config/mcp.ts'
import { type ErrorCode, GatewayError, rowOf } from '../errors.ts'

/** What a client can do something about with a token. */
const CHALLENGED: readonly ErrorCode[] = [
  'no_credentials',
  'malformed_credentials',
  'invalid_token',
  'proof_required',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'insufficient_scope',
]

/**
 * The same error, with a challenge that says where to read about the resource (RFC 9728 §5.1), and which scopes to request:
 * those of the resource, or after a 403 those that are needed (RFC 6750 §3.1). A client that knows the URL alone goes on
 * from there.
 *
 * @param needed the permissions that the route requires
 */
export function challenged(error: unknown, resource: McpResource, needed: readonly string[]): unknown {
  if (!(error instanceof GatewayError) || !CHALLENGED.includes(error.code)) return error
  const scopes = error.code === 'insufficient_scope' ? needed : resource.definition.scopes
  const scope = scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []
  const { detail, description, headers, policy } = error
  // Without credentials a plain challenge has no parameters (RFC 6750 §3.1). That of a token with a proof is of DPoP.
  const plain = headers['WWW-Authenticate'] ?? rowOf(error.code).challenge ?? 'Bearer'
  const [scheme = '', ...words] = plain.split(' ')
  const given = words.join(' ')
  const parameters = [
    ...(given === '' ? [] : [given]),
    `resource_metadata="${resource.metadataUrl}"`,
    ...scope,
  ]
  return new GatewayError(error.code, {
    cause: error.cause,
    detail,
    ...(description !== undefined && { description }),
    ...(policy && { policy }),
    headers: { ...headers, 'WWW-Authenticate': `${scheme} ${parameters.join(', ')}` },
  })
}

/**
 * Tells the client of a service's own `Bearer` challenge where the resource's metadata is, unless it says so itself: a
 * service knows neither its URL nor the identity provider.
 */
export function adoptChallenge(headers: Headers, { metadataUrl }: McpResource): void {
  const challenge = headers.get('WWW-Authenticate')
  if (challenge === null || !/^Bearer( |$)/i.test(challenge) || /resource_metadata=/i.test(challenge)) return
  const separator = /^Bearer *$/i.test(challenge) ? ' ' : ', '
  headers.set('WWW-Authenticate', `${challenge.trimEnd()}${separator}resource_metadata="${metadataUrl}"`)
}
