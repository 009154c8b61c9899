import type Provider from 'oidc-provider'
import type { ResourceServer, ResourceServerInfo } from 'oidc-provider'

import { apiPermissions, OIDC_SCOPES, type TenantContext } from './context.ts'

/** The tenant's API, as oidc-provider describes it. OIDC scopes are in it, because Auth0's `scope` claim holds them. */
export function resourceServerInfo(tenant: TenantContext): ResourceServerInfo {
  return {
    scope: [...OIDC_SCOPES, ...apiPermissions(tenant)].join(' '),
    audience: tenant.audience,
    accessTokenTTL: tenant.accessTokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  }
}

export function resourceServer(provider: Provider, tenant: TenantContext): ResourceServer {
  return new provider.ResourceServer(tenant.audience, resourceServerInfo(tenant))
}
