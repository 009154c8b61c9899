import { randomUUID, sign } from 'node:crypto'

import type Provider from 'oidc-provider'
import type { OidcContext } from 'oidc-provider'

import { TOKEN_EXCHANGE } from './clients.ts'
import { scopesOf, type TenantContext } from './context.ts'
import { answer, say, type Answer } from './errors.ts'
import { isBlocked } from './password.ts'
import { verifyOwn } from './published-keys.ts'
import { isLoopbackResource } from './resource-server.ts'

export const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
/** Lifetime in seconds: it is used once, at once. */
const LIFETIME_SECONDS = 300

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
]

/**
 * The token exchange of draft-ietf-oauth-identity-assertion-authz-grant: the ID token of a login for an identity assertion,
 * which an authorization server of this machine takes for an access token. `scope` is cut to what the user has.
 */
export function registerIdentityAssertions(provider: Provider, tenant: TenantContext): void {
  const handler = async (ctx: OidcContext): Promise<void> => answer(ctx, await assertionFor(ctx, tenant))
  provider.registerGrantType(TOKEN_EXCHANGE, handler, PARAMETERS, [])
}

async function assertionFor(ctx: OidcContext, tenant: TenantContext): Promise<Answer> {
  const { client, params } = ctx.oidc
  const { subject_token: token, subject_token_type: type, requested_token_type: requested } = params
  const { audience, resource, scope } = params
  if (requested !== ID_JAG || type !== ID_TOKEN || token === undefined)
    return say(400, 'invalid_request', 'An ID token is exchanged for an ID-JAG, and nothing else')
  if (audience === undefined || !isLoopbackResource(audience))
    return say(400, 'invalid_target', 'The audience is no authorization server of this machine')
  if (resource === undefined || !isLoopbackResource(resource))
    return say(400, 'invalid_target', 'The resource is none of this machine')
  // The ID token must be this client's own: else a stolen one would do.
  const subject = await verifyOwn(tenant, token, { audience: client.clientId }).catch(() => undefined)
  const user = tenant.users.find(({ sub }) => sub === subject?.sub)
  if (!subject || !user || isBlocked(tenant, user))
    return say(400, 'invalid_grant', 'The subject token is not acceptable')
  const granted = scopesOf(scope).filter((one) => user.permissions.includes(one))
  const now = Math.floor(Date.now() / 1000)
  const assertion = signed(tenant, {
    iss: tenant.issuer,
    sub: user.sub,
    aud: audience,
    client_id: client.clientId,
    jti: randomUUID(),
    iat: now,
    exp: now + LIFETIME_SECONDS,
    auth_time: subject['auth_time'] ?? subject.iat,
    resource,
    ...(granted.length > 0 && { scope: granted.join(' ') }),
    ...(user.orgId !== undefined && { org_id: user.orgId }),
  })
  return {
    status: 200,
    body: {
      issued_token_type: ID_JAG,
      access_token: assertion,
      token_type: 'N_A',
      expires_in: LIFETIME_SECONDS,
      ...(granted.length > 0 && { scope: granted.join(' ') }),
    },
  }
}

function signed(tenant: TenantContext, claims: Readonly<Record<string, unknown>>): string {
  const { kid, privateKey } = tenant.keys.current
  const input = [{ alg: 'RS256', typ: 'oauth-id-jag+jwt', kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}
