import type { Kind } from '@sealgate/kit'
import type { Auth0Config } from '../config/auth0.ts'

/** Claims of a subject token that was verified. */
export interface SubjectClaims {
  readonly sub: string
  /** Seconds. */
  readonly iat: number
  /** Seconds. */
  readonly exp: number
  /** When the subject logged in, or the earliest that it can have been. Seconds. */
  readonly auth_iat: number
  readonly [name: string]: unknown
}

/**
 * Whom a subject stands for, by the shape that Auth0 gives it. A user's has a connection and a bar; a user who
 * chose a name like a machine's or an agent's still has the bar (RFC 9700 §4.15).
 */
export function subjectKind(sub: string): Kind | undefined {
  if (sub.includes('|')) return 'user'
  if (/^.+@clients$/s.test(sub)) return 'machine'
  return /^agt_./s.test(sub) ? 'agent' : undefined
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
