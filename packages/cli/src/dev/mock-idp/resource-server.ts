import { isLoopback } from '@sealgate/kit/gateway'
import type Provider from 'oidc-provider'
import type { ResourceServer, ResourceServerInfo } from 'oidc-provider'

import { apiPermissions, OIDC_SCOPES, type TenantContext } from './context.ts'

/**
 * A resource (RFC 8707), as oidc-provider describes it: the tenant's API, or one of this machine with the same
 * permissions. OIDC scopes are in it, because Auth0's `scope` claim holds them.
 */
export function resourceServerInfo(tenant: TenantContext, audience = tenant.audience): ResourceServerInfo {
  return {
    scope: [...OIDC_SCOPES, ...apiPermissions(tenant)].join(' '),
    audience,
    accessTokenTTL: tenant.accessTokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  }
}

export function resourceServer(provider: Provider, tenant: TenantContext): ResourceServer {
  return new provider.ResourceServer(tenant.audience, resourceServerInfo(tenant))
}

/** True for a resource of this machine: whatever a gateway that is being developed protects. */
export function isLoopbackResource(resource: string): boolean {
  const url = URL.parse(resource)
  return url !== null && /^https?:$/.test(url.protocol) && isLoopback(url.hostname)
}
