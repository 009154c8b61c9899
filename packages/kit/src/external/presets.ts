import { ConfigError } from '../errors.ts'

/** What a preset fills in. The caller still names the audience and pins the algorithms. */
export interface IssuerUrls {
  readonly issuer: string
  readonly jwksUri: string
}

/** Auth0. @param domain `tenant.us.auth0.com`, or a custom domain */
export function auth0(domain: string): IssuerUrls {
  const base = `https://${checkHost(domain)}`
  return { issuer: `${base}/`, jwksUri: `${base}/.well-known/jwks.json` }
}

/**
 * Okta.
 *
 * @param domain `example.okta.com`, or a custom domain
 * @param authorizationServer default `default`. The org server's access tokens are meant for Okta alone
 */
export function okta(domain: string, authorizationServer = 'default'): IssuerUrls {
  const issuer = `https://${checkHost(domain)}/oauth2/${encodeURIComponent(authorizationServer)}`
  return { issuer, jwksUri: `${issuer}/v1/keys` }
}

/** Google's ID tokens. Their audience is your client id. */
export function google(): IssuerUrls {
  return { issuer: 'https://accounts.google.com', jwksUri: 'https://www.googleapis.com/oauth2/v3/certs' }
}

/** Microsoft Entra ID (Azure AD), version 2 tokens. @param tenantId the directory's GUID: `common` is no issuer */
export function entra(tenantId: string): IssuerUrls {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tenantId)) {
    throw new ConfigError('entra accepts the GUID of one tenant')
  }
  const base = `https://login.microsoftonline.com/${tenantId.toLowerCase()}`
  return { issuer: `${base}/v2.0`, jwksUri: `${base}/discovery/v2.0/keys` }
}

/** Cloudflare Access. The audience is the application's AUD tag. @param team the name before `.cloudflareaccess.com` */
export function cloudflareAccess(team: string): IssuerUrls {
  const issuer = `https://${checkHost(`${team}.cloudflareaccess.com`)}`
  return { issuer, jwksUri: `${issuer}/cdn-cgi/access/certs` }
}

function checkHost(host: string): string {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i.test(host)) {
    throw new ConfigError('a host name alone is expected, for example tenant.us.auth0.com')
  }
  return host.toLowerCase()
}
