import { DPOP_ALGS, GatewayError } from '../errors.ts'
import type { Gateway, GatewayOf } from '../gateway.ts'
import { checkReady } from '../operations/readiness.ts'
import { ASSERTION_ALGORITHMS } from '../config/clients.ts'
import { JWKS_PATH } from '../config/reserved-paths.ts'
import { JWT_BEARER, TOKEN_EXCHANGE } from './schemas.ts'

/** What draft-ietf-oauth-identity-assertion-authz-grant calls itself in metadata. */
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag'

/** `GET /health`: that the Worker runs, and nothing of what it is made of. */
export function health(): Response {
  return Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } })
}

/**
 * `GET /ready`: 200 when this gateway could serve, else 503 and which part could not; why is in the log.
 *
 * @throws GatewayError `not_ready`, `no_signing_key`, `revocation_unavailable`, `sessions_unavailable`
 */
export async function ready(env: object, gatewayOf: GatewayOf): Promise<Response> {
  await checkReady(env, gatewayOf)
  return Response.json({ status: 'ready' }, { headers: { 'Cache-Control': 'no-store' } })
}

/**
 * Authorization server metadata (RFC 8414 §2). Its issuer must be the address that it is found at (§3.3), so it is
 * there only when `JWT_ISS` is this gateway's own `BASE_URL`, or when it issues access tokens for a route with `enterprise`.
 *
 * @throws GatewayError `not_found`
 */
export function metadata({ config }: Gateway): Response {
  const { baseUrl, jwksPublic, mode, hasDenylist, audiences, audiencesByResource, exchange, enterprise } =
    config
  const issuer = enterprise?.issuer ?? config.issuer
  if (baseUrl === undefined || baseUrl !== issuer) throw new GatewayError('not_found')
  const clients = [...exchange.clients.values()]
  const signs = clients.some(({ verify }) => verify)
  const methods = [
    ...(clients.some(({ secretHash }) => secretHash) ? ['client_secret_basic', 'client_secret_post'] : []),
    ...(signs ? ['private_key_jwt'] : []),
    ...(exchange.isPublic ? ['none'] : []),
  ]
  // RFC 9728 §1.2: the identifier of a protected resource is an https URL. Other URIs name no such one.
  const resources = [...audiencesByResource.keys(), ...(enterprise?.resources.keys() ?? [])].filter((uri) =>
    uri.startsWith('https://'),
  )
  return Response.json(
    {
      issuer,
      token_endpoint: `${baseUrl}/oauth/token`,
      token_endpoint_auth_methods_supported: methods,
      ...(signs && { token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS }),
      // No authorization endpoint of its own: users log in at Auth0.
      response_types_supported: [],
      grant_types_supported: [TOKEN_EXCHANGE, ...(enterprise ? [JWT_BEARER] : [])],
      ...(enterprise && { authorization_grant_profiles_supported: [ID_JAG_PROFILE] }),
      scopes_supported: [...new Set([...audiences.values()].flatMap(({ permissions }) => permissions))],
      // RFC 9449 §5.1: of subject tokens that are bound to a key.
      dpop_signing_alg_values_supported: DPOP_ALGS,
      // RFC 9728 §4.
      ...(resources.length > 0 && { protected_resources: resources }),
      ...(jwksPublic && mode === 'EdDSA' && { jwks_uri: `${baseUrl}${JWKS_PATH}` }),
      ...(hasDenylist && {
        revocation_endpoint: `${baseUrl}/oauth/revoke`,
        revocation_endpoint_auth_methods_supported: methods,
        ...(signs && { revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS }),
      }),
    },
    {
      headers: {
        'Cache-Control': 'public, max-age=300',
        // Metadata is for every client (RFC 8414 §3).
        'Cross-Origin-Resource-Policy': 'cross-origin',
      },
    },
  )
}
