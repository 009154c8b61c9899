/**
 * Verification alone, for a service that does not sign. What is not imported is not in the bundle: rules are functions, and
 * the deny-list and tokens bound to requests are parts that are passed in. No dependency.
 *
 * @module @sealgate/kit/verify
 */
export { type AuthInfo, authInfoOf } from './claims/mcp-auth.ts'
export type { Actor, Auth, Claims, Kind, Rights, VerifiedClaims } from './claims/types.ts'
export type { CompactHeader } from './jose/compact.ts'
export type { InternalAlg } from './jose/algorithms.ts'
export type { KitOptions } from './config/from-env.ts'
export type { Jwk, VerifyConfig } from './config/from-options.ts'
export type { Decision, Denied, DenialReason, Granted } from './http/decision.ts'
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
export type { FetchService } from './keys/fetch-jwks.ts'
export type { SourceDescription } from './keys/key-source.ts'
export { createVerifier, type VerifierConfig } from './kit/create-verifier.ts'
export { denialResponse } from './kit/denial-response.ts'
export { makeVerifier, type VerifierOptions } from './kit/make-verifier.ts'
export {
  approvals,
  boundRequests,
  denylist,
  publicKeys,
  sharedSecrets,
  subjectHashes,
  type VerifierPart,
} from './kit/verifier-parts.ts'
export type {
  AuthorizeOptions,
  SafeVerifyResult,
  TokenSource,
  Verifier,
  VerifierDescription,
} from './kit/verifier.ts'
export { type CorrelationHeaders, correlationHeaders } from './log/correlation.ts'
export { policy, type Policy, type Rules } from './policy/builder.ts'
export type { ExplainedRule, Explanation } from './policy/explain.ts'
export type { PolicyBase, Rule, Verdict } from './policy/parts.ts'
export {
  type Alternative,
  actor,
  anyOf,
  kind,
  needAll,
  needAny,
  not,
  owner,
  rolesAll,
  rolesAny,
  where,
} from './policy/rules.ts'
export type { SchemaResult, StandardSchema } from './policy/standard-schema.ts'
export type { DecisionLine, EventLine, LogLevel, LogLine } from './log/line-types.ts'
export type { LogHooks, OnDecision, OnEvent } from './log/logger.ts'
export type { MakeSink, Sink, SinkDropped } from './log/sink.ts'
export type { LogOptions } from './config/settings.ts'
export type { DenylistStore } from './tokens/revocation.ts'
export type { VerifyOptions, VerifyOverrides } from './tokens/verify-options.ts'
