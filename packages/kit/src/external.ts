/**
 * Tokens of other issuers: Auth0, Okta, Google, Microsoft Entra, Cloudflare Access. Needs `jose`.
 *
 * @module @sealgate/kit/external
 */
export type { RegisteredClaims } from './claims/types.ts'
export { ConfigError, KeysUnavailableError, TokenError, type TokenReason } from './errors.ts'
export type { ExternalAlg } from './external/algorithms.ts'
export { createExternalVerifier, externalVerifier } from './external/from-env.ts'
export {
  compactVerifier,
  type CompactVerifier,
  verifyCompact,
  type VerifiedExternalJws,
} from './external/signature.ts'
export { auth0, cloudflareAccess, entra, google, type IssuerUrls, okta } from './external/presets.ts'
export type { JwksStore } from './external/store.ts'
export type {
  ExternalResult,
  ExternalVerifier,
  ExternalVerifierConfig,
  ExternalVerifyOptions,
} from './external/external-verifier.ts'
export type { CompactHeader } from './jose/compact.ts'
