/**
 * Kits that sign and verify internal tokens, and policies. No dependency.
 *
 * @module @sealgate/kit
 */
export type { InternalAlg } from './algorithms.ts'
export type { Actor, Auth, Claims, Kind, Rights, VerifiedClaims } from './claims.ts'
export type { CompactHeader } from './compact.ts'
export { envMode, type KitOptions } from './config.ts'
export { type Decision, type Granted, type Refused, type RefusalReason, refusalResponse } from './decision.ts'
export {
  type BearerErrorCode,
  ClaimsError,
  ConfigError,
  KeysUnavailableError,
  KitError,
  type KitErrorCode,
  RevocationUnavailableError,
  TokenError,
  type TokenReason,
} from './errors.ts'
export type { KitEvent, OnEvent } from './events.ts'
export { generateSecret } from './keys/secrets.ts'
export type { PublicJwk, SlotDescription } from './keys/ring.ts'
export type { SourceDescription } from './keys/source.ts'
export type { AuthorizeOptions, Kit, KitDescription, SafeVerifyResult, TokenSource } from './kit.ts'
export type { Jwk, KitConfig, SignConfig, VerifyConfig } from './kit-config.ts'
export { policy, type Policy } from './policy/builder.ts'
export type { ExplainedRule, Explanation } from './policy/explain.ts'
export type { SchemaResult, StandardSchema } from './policy/standard-schema.ts'
export { createKit, makeKit } from './registry.ts'
export type { DenylistStore, FetchService } from './settings.ts'
export { computeRequestHash } from './tokens/bind.ts'
export type { DelegationRequest } from './tokens/delegate.ts'
export type { VerifyOptions, VerifyOverrides } from './tokens/options.ts'
export { isExpiringSoon, parse, type UnverifiedToken } from './tokens/parse.ts'
export type { Revocation } from './tokens/revoke.ts'
export type { SignClaims, SignOptions } from './tokens/sign.ts'
