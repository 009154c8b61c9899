import * as kit from '@sealgate/kit/external'
import type { IssuerDefinition } from './issuer-definition.ts'

/** What a preset leaves to you. */
export type IssuerOptions = Omit<IssuerDefinition, 'issuer' | 'jwksUri' | 'profile'>

/** Another tenant of Auth0. @param domain `tenant.us.auth0.com`, or a custom domain */
export function auth0(domain: string, options: IssuerOptions): IssuerDefinition {
  return { ...kit.auth0(domain), profile: 'auth0', ...options }
}

/**
 * A custom authorization server of Okta. A user is its `uid`, which stays when the login changes.
 *
 * @param domain `example.okta.com`, or a custom domain
 * @param options its `authorizationServer` is `default` unless it is named
 */
export function okta(
  domain: string,
  { authorizationServer, ...options }: IssuerOptions & { readonly authorizationServer?: string },
): IssuerDefinition {
  return { ...kit.okta(domain, authorizationServer), profile: 'okta', ...options }
}

/**
 * A tenant of Microsoft Entra ID, version 2 tokens. Whoever comes is its `oid`, which is one in all applications.
 *
 * @param tenantId the directory's GUID: `common` is no issuer
 */
export function entra(tenantId: string, options: IssuerOptions): IssuerDefinition {
  return { ...kit.entra(tenantId), profile: 'entra', ...options }
}

/**
 * Cloudflare Access. Its JWT is read on routes with `cloudflareAccess: true`.
 *
 * @param team the name before `.cloudflareaccess.com`
 * @param options its audience is the application's AUD tag
 */
export function cloudflareAccess(team: string, options: Omit<IssuerOptions, 'clients'>): IssuerDefinition {
  return { ...kit.cloudflareAccess(team), profile: 'cloudflare-access', ...options }
}
