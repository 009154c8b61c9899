/**
 * What an issuer is made of: issuing with every claim, reading credentials, the rules of delegation; and the mechanisms
 * that gateway and kit share, so that each exists once.
 *
 * @module @sealgate/kit/gateway
 */
export { type ApprovalClaims, isApproval, TXN_TOKEN_TYP } from './approvals/approval.ts'
export type { Receipt } from './approvals/receipt.ts'
export { type Credentials, readCredentials } from './http/bearer.ts'
export { cookiePairs } from './http/cookies.ts'
export { isCrossSite, isOfOwnSite, isTabNavigation } from './http/fetch-metadata.ts'
export { PROBE_PATH } from './http/probe-path.ts'
export {
  isWebSocketUpgrade,
  offeredProtocols,
  type OfferedProtocols,
  selectProtocol,
  serviceProtocols,
  setOfferedProtocols,
  setSelectedProtocol,
} from './http/websocket.ts'
export { rightsOf } from './claims/types.ts'
export { namesOf } from './config/bindings.ts'
export {
  explainToken,
  type TokenExplanation,
  type TokenRule,
  type TokenRuleName,
} from './kit/explain-token.ts'
export {
  type AsIssued,
  checkRevoked,
  issueInternal,
  issueReceipt,
  type IssueRequest,
  revokeFor,
  signingKid,
  verifyAsIssued,
} from './kit/issuer.ts'
export { sha256 } from './jose/sha256.ts'
export { thumbprintOf } from './jose/thumbprint.ts'
export { secretBytes } from './keys/secret-text.ts'
export {
  type Correlation,
  correlationHeaders,
  type CorrelationHeaders,
  correlationOf,
  readCorrelation,
} from './log/correlation.ts'
export { BoundedMap } from './primitives/bounded-map.ts'
export { TIMED_OUT, withDeadline } from './primitives/deadline.ts'
export { canonicalJson } from './primitives/canonical-json.ts'
export { isObject, parseJson } from './primitives/json.ts'
export { beginLogSecond, type Fields, type Head, Logger, type LoggerOptions } from './log/logger.ts'
export { Pseudonyms } from './log/pseudonyms.ts'
export { isLoopback } from './primitives/loopback.ts'
export { isNearMiss } from './primitives/near-miss.ts'
export { readBounded } from './primitives/read-bounded.ts'
export {
  type Fetched,
  type Freshness,
  StaleWhileRevalidate,
  type StaleWhileRevalidateOptions,
} from './primitives/stale-while-revalidate.ts'
export {
  actorDepth,
  delegateClaims,
  type DelegationLimits,
  type DelegationRequest,
  SUBJECT_CLAIMS,
} from './tokens/delegate.ts'
export type { RevocableClaims, Revocation } from './tokens/revocation.ts'
export { findNonJson, type KitClaims, type SignClaims } from './tokens/sign.ts'
export { MESSAGE_TYP } from './tokens/verify-options.ts'
