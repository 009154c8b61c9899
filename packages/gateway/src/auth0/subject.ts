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
  if (isForeignParty(sub)) return sub.endsWith(MACHINE) ? 'machine' : 'user'
  if (sub.includes('|')) return 'user'
  if (/^.+@clients$/s.test(sub)) return 'machine'
  return /^agt_./s.test(sub) ? 'agent' : undefined
}

const MACHINE = '@clients'

/**
 * What a party of another issuer is called here: a URI (RFC 7519 §2), the issuer's own with the party in its fragment. So no
 * name of one issuer is one of another, and no machine has the name of a user: in a fragment that is encoded no `@` stands.
 *
 * @throws URIError for a name that is no well-formed Unicode
 */
export function foreignParty(issuer: string, name: string, kind: 'user' | 'machine' | 'client'): string {
  return `${issuer}#${encodeURIComponent(name)}${kind === 'machine' ? MACHINE : ''}`
}

/** Whether a name is one that only {@link foreignParty} makes: the tenant's own tokens must have none such. */
export function isForeignParty(name: string): boolean {
  return /^https?:\/\/[^#]*#/i.test(name)
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
