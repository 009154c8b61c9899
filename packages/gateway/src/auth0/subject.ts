import type { Auth0Config } from '../config/auth0.ts'

/** Claims of a subject token that was verified. */
export interface SubjectClaims {
  readonly sub: string
  /** Seconds. */
  readonly iat: number
  /** Seconds. */
  readonly exp: number
  readonly [name: string]: unknown
}

/** The client that a token was issued to: `azp` in Auth0's own profile, `client_id` in RFC 9068's. */
export function clientIdOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const clientId = claims.azp ?? claims.client_id
  return typeof clientId === 'string' && clientId !== '' ? clientId : undefined
}

/**
 * A token of an organization counts only where that organization was let in by name, or any was; where some were let in
 * by name, a token of none does not count.
 */
export function isAllowedOrganization(orgId: unknown, organizations: Auth0Config['organizations']): boolean {
  if (orgId === undefined) return organizations === 'any' || organizations.size === 0
  return typeof orgId === 'string' && (organizations === 'any' || organizations.has(orgId))
}
