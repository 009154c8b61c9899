import type { Auth } from '../claims/types.ts'
import {
  bearerChallenge,
  type BearerErrorCode,
  CROSS_SITE,
  errorResponse,
  INSUFFICIENT_SCOPE,
  INVALID_REQUEST,
  INVALID_TOKEN,
  TEMPORARILY_UNAVAILABLE,
  type TokenReason,
  type WireText,
} from '../errors.ts'

/** Why a caller was not let through. Safe to log; only the challenge and the status are for the wire. */
export type DenialReason =
  | TokenReason
  | 'no_credentials'
  | 'malformed_credentials'
  | 'insufficient_rights'
  | 'identity_mismatch'
  | 'cross_site'
  | 'approval_missing'
  | 'approval_invalid'
  | 'approval_expired'
  | 'approval_mismatch'
  | 'approval_used'
  | 'replayed'
  | 'keys_unavailable'
  | 'revocation_unavailable'
  | 'replay_unavailable'
  | 'approval_unavailable'

/** The caller may pass. */
export interface Granted<Custom = unknown> {
  readonly granted: true
  /** The caller. */
  readonly auth: Auth<Custom>
}

/** The caller may not pass, and why. */
export interface Denied {
  readonly granted: false
  /** 400 malformed credentials, 401 no good token, 403 the policy says no, 503 an outage. */
  readonly status: 400 | 401 | 403 | 503
  /** RFC 6750 §3.1 code; absent when no credentials came, for a page of another site, and for outages. */
  readonly error?: BearerErrorCode
  /** One stable word. */
  readonly reason: DenialReason
  /** A sentence for the log. It never quotes the token. */
  readonly detail: string
  /** Value for `WWW-Authenticate`; absent for outages. */
  readonly challenge?: string
  /** The rules of the policy that failed, in words. */
  readonly failed: readonly string[]
  /** For outages: seconds after which trying again is worth it. */
  readonly retryAfterSeconds?: number
}

/** The outcome of `authorize`. */
export type Decision<Custom = unknown> = Granted<Custom> | Denied

const TEXTS: Readonly<Record<400 | 401 | 403, WireText<BearerErrorCode>>> = {
  400: INVALID_REQUEST,
  401: INVALID_TOKEN,
  403: INSUFFICIENT_SCOPE,
}

/** For a request without credentials (RFC 6750 §3.1). */
const BARE_CHALLENGE = 'Bearer'

/**
 * A rejection that concerns the caller. Without credentials, and for a page of another site, the challenge is bare and there
 * is no error code.
 */
export function denial(
  status: 400 | 401 | 403,
  reason: DenialReason,
  detail: string,
  failed: readonly string[] = [],
): Denied {
  const text = reason === 'no_credentials' || reason === 'cross_site' ? undefined : TEXTS[status]
  return Object.freeze({
    granted: false,
    status,
    ...(text && { error: text[0] }),
    reason,
    detail,
    challenge: text ? bearerChallenge(text) : BARE_CHALLENGE,
    failed,
  })
}

/** A rejection because of an outage: nothing is said about the caller. */
export function outage(
  reason: Extract<DenialReason, `${string}_unavailable`>,
  detail: string,
  retryAfterSeconds: number,
): Denied {
  return Object.freeze({ granted: false, status: 503, reason, detail, failed: [], retryAfterSeconds })
}

/** What the caller may know of a rejection: the code and one generic sentence. */
export function wireTextOf({ status, reason }: Denied): WireText {
  if (status === 503) return TEMPORARILY_UNAVAILABLE
  return reason === 'cross_site' ? CROSS_SITE : TEXTS[status]
}

/** The response for a rejection: the status, the challenge, one generic sentence, and which request it is about. */
export function responseOf(rejected: Denied, requestId: string | undefined): Response {
  const { status, challenge = BARE_CHALLENGE, retryAfterSeconds = 1 } = rejected
  return errorResponse(
    status,
    wireTextOf(rejected),
    requestId,
    status === 503 ? { 'Retry-After': String(retryAfterSeconds) } : { 'WWW-Authenticate': challenge },
  )
}
