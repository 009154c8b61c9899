/**
 * Kits that sign and verify internal tokens, and policies. No dependency.
 *
 * @module @sealgate/kit
 */
export type { InternalAlg } from './jose/algorithms.ts'
export { type AuthInfo, authInfoOf } from './claims/mcp-auth.ts'
export type { Actor, Auth, Claims, Kind, Rights, VerifiedClaims } from './claims/types.ts'
export type { CompactHeader } from './jose/compact.ts'
export { envMode, type KitOptions, type WorkerEnv } from './config/from-env.ts'
export type { Decision, Granted, Denied, DenialReason } from './http/decision.ts'
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
export type { DecisionLine, EventLine, LogLevel, LogLine } from './log/line-types.ts'
export type { LogHooks, OnDecision, OnEvent } from './log/logger.ts'
export type { MakeSink, Sink, SinkDropped } from './log/sink.ts'
export type { LogOptions } from './config/settings.ts'
export { generateSecret } from './keys/hmac-secrets.ts'
export type { PublicJwk, SlotDescription } from './keys/signing-slots.ts'
export type { SourceDescription } from './keys/key-source.ts'
export { createKit } from './kit/create-kit.ts'
export { denialResponse } from './kit/denial-response.ts'
export type { KitDescription } from './kit/describe.ts'
export type { Kit } from './kit/kit.ts'
export { makeKit } from './kit/make-kit.ts'
export type {
  AuthorizeOptions,
  SafeVerifyResult,
  TokenSource,
  Verifier,
  VerifierDescription,
} from './kit/verifier.ts'
export type { Jwk, KitConfig, SignConfig, VerifyConfig } from './config/from-options.ts'
export { type CorrelationHeaders, correlationHeaders } from './log/correlation.ts'
export { policy, type Policy, type Rules } from './policy/builder.ts'
export type { ExplainedRule, Explanation } from './policy/explain.ts'
export type { PolicyBase, Rule, Verdict } from './policy/parts.ts'
export type { Alternative } from './policy/rules.ts'
export type { SchemaResult, StandardSchema } from './policy/standard-schema.ts'
export type { FetchService } from './keys/fetch-jwks.ts'
export { actHash } from './tokens/act-hash.ts'
export { computeRequestHash } from './tokens/request-hash.ts'
export type { DelegationRequest } from './tokens/delegate.ts'
export type { ApprovalRequest } from './tokens/exchange-client.ts'
export type { VerifyOptions, VerifyOverrides } from './tokens/verify-options.ts'
export { isExpiringSoon, parse, type UnverifiedToken } from './tokens/parse.ts'
export type { DenylistStore, Revocation } from './tokens/revocation.ts'
export type { SignClaims, SignOptions } from './tokens/sign.ts'
