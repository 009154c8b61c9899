import type Provider from 'oidc-provider'
import type { OidcContext } from 'oidc-provider'

import { scopesOf, type TenantContext } from './context.ts'
import {
  answer,
  noAudience,
  noClientGrant,
  scopesNotGranted,
  unknownAudience,
  type Answer,
} from './errors.ts'
import { resourceServer } from './resource-server.ts'

/**
 * The `client_credentials` grant (RFC 6749 §4.4) with Auth0's rules: `audience` names the API, no `scope` means
 * all that the client was granted, and a scope beyond it is rejected.
 */
export function registerClientCredentials(provider: Provider, tenant: TenantContext): void {
  const handler = async (ctx: OidcContext): Promise<void> => answer(ctx, await grant(ctx, provider, tenant))
  provider.registerGrantType('client_credentials', handler, ['audience', 'scope'], [])
}

async function grant(ctx: OidcContext, provider: Provider, tenant: TenantContext): Promise<Answer> {
  const { audience, scope } = ctx.oidc.params
  if (audience === undefined) return noAudience
  if (audience !== tenant.audience) return unknownAudience(audience)
  const { clientId } = ctx.oidc.client
  const granted = tenant.clients.find((client) => client.clientId === clientId)?.permissions ?? []
  if (granted.length === 0) return noClientGrant(audience)
  const asked = scopesOf(scope)
  const rejected = asked.filter((name) => !granted.includes(name))
  if (rejected.length > 0) return scopesNotGranted(rejected)

  const scopes = (asked.length === 0 ? granted : asked).join(' ')
  const token = new provider.ClientCredentials({ client: ctx.oidc.client, scope: scopes })
  token.resourceServer = resourceServer(provider, tenant)
  const accessToken = await token.save()
  return {
    status: 200,
    body: { access_token: accessToken, scope: scopes, expires_in: token.expiration, token_type: 'Bearer' },
  }
}
