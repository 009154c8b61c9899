import { type Receipt, type ReceiptContent, RECEIPT_TYP, receiptText } from '../approvals/receipt.ts'
import { denylistOf, internalsOf, type Kit, signerOf } from './kit.ts'
import type { RevocableClaims, Revocation } from '../tokens/revocation.ts'
import type { KitClaims, SignClaims } from '../tokens/sign.ts'
import { AS_ISSUED, type InternalVerifyOptions } from '../tokens/verify-options.ts'
import type { SafeVerifyResult } from './verifier.ts'

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
  /** Issuer. Default: the kit's. */
  readonly iss?: string
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
  { claims, aud, expiresAt, typ, iss }: IssueRequest,
): Promise<string> {
  const options = { aud, ...(typ !== undefined && { typ }), ...(iss !== undefined && { iss }) }
  return signerOf(kit).issue(claims, { exp: expiresAt }, options)
}

/**
 * Signs what came of an approval, as a receipt. What it says is checked by who calls.
 *
 * @throws ClaimsError for what is too large
 * @throws ConfigError without a signing key
 */
export async function issueReceipt(kit: Kit, content: ReceiptContent): Promise<Receipt> {
  return { ...content, jws: await signerOf(kit).signDetached(receiptText(content), RECEIPT_TYP) }
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

/** For whom a token that is verified as it was issued must be, and its `typ` header. Default: the kit's. */
export interface AsIssued {
  readonly aud: string
  readonly typ?: string
}

/**
 * Verifies a token that may have ended: its signature counts, by a key that is still known, and so does all else, as at the
 * time of its issue; what was revoked since is rejected.
 *
 * @throws KeysUnavailableError, RevocationUnavailableError for outages
 */
export async function verifyAsIssued(
  kit: Kit,
  token: string,
  { aud, typ }: AsIssued,
): Promise<SafeVerifyResult> {
  const options: InternalVerifyOptions = { aud, ...(typ !== undefined && { typ }), [AS_ISSUED]: true }
  return kit.safeVerify(token, options)
}

/**
 * `kit.revoke` for an issuer, which knows how long a login from before can still come back as a new token.
 *
 * @param leastSeconds how long a subject or a token stays on the deny-list at least
 * @throws ConfigError without a deny-list
 * @throws ClaimsError when it is not one of `{ jti }`, `{ sub }` or `{ thumbprint }`
 */
export async function revokeFor(kit: Kit, revocation: Revocation, leastSeconds: number): Promise<void> {
  await denylistOf(kit).revoke(revocation, leastSeconds)
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
