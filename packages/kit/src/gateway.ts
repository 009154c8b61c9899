/**
 * What an issuer is made of: minting with every claim, reading credentials, the rules of delegation.
 *
 * @module @sealgate/kit/gateway
 */
import { Kit } from './kit.ts'
import type { RevocableClaims } from './tokens/revoke.ts'
import type { KitClaims, SignClaims } from './tokens/sign.ts'

export { type Credentials, readCredentials } from './bearer.ts'
export {
  actorDepth,
  delegateClaims,
  type DelegationLimits,
  type DelegationRequest,
  SUBJECT_CLAIMS,
} from './tokens/delegate.ts'
export type { RevocableClaims } from './tokens/revoke.ts'
export type { KitClaims, SignClaims } from './tokens/sign.ts'

/** What an issuer mints: the subject's claims, those that only an issuer sets, and for whom. */
export interface MintRequest {
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
 * Mints a token with the claims that `sign` reserves: `kind`, `act`, `auth_iat`, and a fixed expiry. For
 * token-exchange servers, which have verified the subject by other means (RFC 8693 §2). A service that passes
 * a caller on wants `kit.delegate`.
 *
 * @throws ClaimsError for whatever a verifier would refuse
 * @throws ConfigError without a signing key
 */
export function mintInternal(kit: Kit, { claims, aud, expiresAt, typ }: MintRequest): Promise<string> {
  return Kit.mint(kit, claims, { exp: expiresAt }, { aud, ...(typ !== undefined && { typ }) })
}

/**
 * Holds a subject against the kit's deny-list, and a token by its `jti`, where an issuer decides before it mints: at an
 * exchange, a session, a token used again. Nothing is checked by a kit without a deny-list.
 *
 * @throws TokenError `revoked`
 * @throws RevocationUnavailableError when the list cannot be read and `JWT_DENYLIST_ON_ERROR` is `closed`
 */
export async function checkRevoked(kit: Kit, claims: RevocableClaims): Promise<void> {
  await Kit.checkRevoked(kit, claims)
}

/**
 * The `kid` of the slot that signs now; `undefined` with HS512. What is minted with one key is not used again after the
 * next one took over.
 *
 * @throws ConfigError without a signing key
 */
export function signingKid(kit: Kit): Promise<string | undefined> {
  return Kit.signingKid(kit)
}
