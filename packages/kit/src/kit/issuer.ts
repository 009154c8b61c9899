import { internalsOf, type Kit, signerOf } from './kit.ts'
import type { RevocableClaims } from '../tokens/revocation.ts'
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
 * @throws TokenError `revoked`
 * @throws RevocationUnavailableError when the list cannot be read and `JWT_DENYLIST_ON_ERROR` is `closed`
 */
export async function checkRevoked(kit: Kit, claims: RevocableClaims): Promise<void> {
  await internalsOf(kit).denylist?.check(claims, undefined)
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
