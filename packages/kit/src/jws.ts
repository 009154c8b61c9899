/**
 * Compact JWS without claims (RFC 7515 §7.1), for the two internal algorithms.
 *
 * @module @sealgate/kit/jws
 */
export { TokenError } from './errors.ts'
export type { InternalAlg } from './jose/algorithms.ts'
export type { CompactHeader } from './jose/compact.ts'
export { signCompact, verifyCompact, type VerifiedJws } from './jws/compact-jws.ts'
