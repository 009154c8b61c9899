import { subjectKind, type SubjectClaims } from '../auth0/subject.ts'
import type { IssuerProfile } from '../config/issuer-definition.ts'
import type { IssuerConfig } from '../config/issuers.ts'

/** Where each profile has permissions. Entra ID writes those of an application, which has no scope, as its roles. */
const PERMISSIONS: Readonly<Record<IssuerProfile, (claims: SubjectClaims) => readonly string[]>> = {
  rfc9068: (claims) => listOf(claims, 'scope'),
  jwt: (claims) => listOf(claims, 'scope'),
  auth0: (claims) => listOf(claims, claims.permissions === undefined ? 'scope' : 'permissions'),
  okta: (claims) => listOf(claims, 'scp'),
  entra: (claims) => listOf(claims, subjectKind(claims.sub) === 'machine' ? 'roles' : 'scp'),
  'cloudflare-access': () => [],
}

/** What the token of another issuer grants, before the audience's maximum. */
export function permissionsOf(claims: SubjectClaims, issuer: IssuerConfig): readonly string[] {
  const { profile, permissionsClaim, everybody } = issuer
  const own = permissionsClaim === undefined ? PERMISSIONS[profile](claims) : listOf(claims, permissionsClaim)
  return [...own, ...everybody.permissions]
}

/** The roles that it says, before the audience's maximum. */
export function rolesOf(claims: SubjectClaims, { rolesClaim, everybody }: IssuerConfig): readonly string[] {
  return [...rolesIn(claims, rolesClaim), ...everybody.roles]
}

/** A list of texts, and nothing else. */
export function rolesIn(claims: SubjectClaims, name: string | undefined): readonly string[] {
  return name === undefined || !Object.hasOwn(claims, name) ? [] : strings(claims[name])
}

/** The entries of a claim: a list of texts, or a text with spaces (RFC 8693 §4.2). Any other claim has none. */
export function listOf(claims: SubjectClaims, name: string | undefined): readonly string[] {
  if (name === undefined || !Object.hasOwn(claims, name)) return []
  const value = claims[name]
  return typeof value === 'string' ? value.split(' ').filter((one) => one !== '') : strings(value)
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : []
}
