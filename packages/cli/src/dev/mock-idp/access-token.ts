import { randomUUID } from 'node:crypto'

import { userinfoAudience, type TenantContext } from './context.ts'

/** What an access token is issued for. Times in seconds since the epoch. */
export interface AccessTokenSubject {
  readonly clientId: string
  /** Absent: the client itself (`client_credentials`). */
  readonly sub?: string | undefined
  /** What the token is for (RFC 8707). Absent: the tenant's API. */
  readonly resource?: string
  readonly scope?: string | undefined
  /** oidc-provider's record of the grants, oldest first: `authorization_code`, `password refresh_token`, … */
  readonly grants?: string | undefined
  readonly issuedAt: number
  readonly expiresAt: number
  /** The key that the token is bound to (RFC 9449 §6.1). */
  readonly cnf?: unknown
}

/** Header parameters besides `alg` and `kid`. */
export function accessTokenHeader(tenant: TenantContext): Record<string, unknown> {
  return { typ: tenant.tokenProfile === 'rfc9068' ? 'at+jwt' : 'JWT' }
}

/**
 * The claims, in the order in which Auth0 writes them. `undefined` members are left out of the token. One for a resource
 * has no `permissions`: `scope`, which holds only what was requested and the user has, is all that its client may do.
 */
export function accessTokenClaims(
  tenant: TenantContext,
  subject: AccessTokenSubject,
): Record<string, unknown> {
  const user = tenant.users.find((candidate) => candidate.sub === subject.sub)
  const client = tenant.clients.find((candidate) => candidate.clientId === subject.clientId)
  const withOpenid = subject.scope?.split(' ').includes('openid') === true
  return {
    ...(user === undefined ? {} : { [tenant.rolesClaim]: user.roles }),
    iss: tenant.issuer,
    sub: subject.sub ?? `${subject.clientId}@clients`,
    aud: subject.resource ?? (withOpenid ? [tenant.audience, userinfoAudience(tenant)] : tenant.audience),
    iat: subject.issuedAt,
    exp: subject.expiresAt,
    scope: subject.scope,
    org_id: user?.orgId,
    cnf: subject.cnf,
    ...profileMembers(tenant, subject),
    permissions: subject.resource === undefined ? ((user ?? client)?.permissions ?? []) : undefined,
  }
}

function profileMembers(tenant: TenantContext, subject: AccessTokenSubject): Record<string, unknown> {
  return tenant.tokenProfile === 'rfc9068'
    ? { client_id: subject.clientId, jti: randomUUID() }
    : { azp: subject.clientId, gty: grantTypeClaim(subject) }
}

/** Auth0 writes `gty` for machines, for passwords and for what was refreshed, and not for a plain login. */
function grantTypeClaim({ sub, grants = '' }: AccessTokenSubject): string | string[] | undefined {
  if (sub === undefined) return 'client-credentials'
  const password = grants.startsWith('password')
  const refreshed = grants.endsWith('refresh_token')
  if (password && refreshed) return ['refresh_token', 'password']
  if (password) return 'password'
  return refreshed ? 'refresh_token' : undefined
}
