import { denylistOf, internalsOf, type Kit, signerOf } from './kit.ts'
import type { RevocableClaims, Revocation } from '../tokens/revocation.ts'
import type { KitClaims, SignClaims } from '../tokens/sign.ts'

/** What an issuer issues: the subject's claims, those that only an issuer sets, and for whom. */
export interface IssueRequest {
  /** `sub`, rights, and whatever else the token carries; `kind`, `act` and `auth_iat` too. */
  readonly claims: SignClaims & Omit<KitClaims, 'exp' | 'req'>
  /** Audience: one string. */
  readonly aud: string
  /** Seconds since the epoch; at most the kit's `maxTtlSeconds` from now. */
  readonly expiresAt: number
  /** The `typ` header. Default: the kit's. */
  readonly typ?: string
}

/**
 * Issues a token with the claims that `sign` reserves: `kind`, `act`, `auth_iat`, and a fixed expiry. For
 * token-exchange servers, which have verified the subject by other means (RFC 8693 §2). A service that passes
 * a caller on wants `kit.delegate`.
 *
 * @throws ClaimsError for whatever a verifier would reject
 * @throws ConfigError without a signing key
 */
export async function issueInternal(
  kit: Kit,
  { claims, aud, expiresAt, typ }: IssueRequest,
): Promise<string> {
  return signerOf(kit).issue(claims, { exp: expiresAt }, { aud, ...(typ !== undefined && { typ }) })
}

/**
 * Holds a subject against the kit's deny-list, and a token by its `jti`, where an issuer decides before it issues: at an
 * exchange, a session, a token used again. Nothing is checked by a kit without a deny-list.
 *
 * @param thumbprint a key that is held against the list as well
 * @throws TokenError `revoked`
 * @throws RevocationUnavailableError when the list cannot be read and `JWT_DENYLIST_ON_ERROR` is `closed`
 */
export async function checkRevoked(kit: Kit, claims: RevocableClaims, thumbprint?: string): Promise<void> {
  await internalsOf(kit).denylist?.check(claims, thumbprint)
}

/**
 * `kit.revoke` for an issuer, which knows how long a login from before can still come back as a new token.
 *
 * @param subjectTtlSeconds how long a subject stays on the deny-list at least
 * @throws ConfigError without a deny-list
 * @throws ClaimsError when it is not one of `{ jti }`, `{ sub }` or `{ thumbprint }`
 */
export async function revokeFor(kit: Kit, revocation: Revocation, subjectTtlSeconds: number): Promise<void> {
  await denylistOf(kit).revoke(revocation, subjectTtlSeconds)
}

/**
 * The `kid` of the slot that signs now; `undefined` with HS512. What is issued with one key is not used again after the
 * next one took over.
 *
 * @throws ConfigError without a signing key
 */
export async function signingKid(kit: Kit): Promise<string | undefined> {
  return signerOf(kit).signingKid()
}
