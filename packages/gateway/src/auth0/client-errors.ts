import * as oauth from 'oauth4webapi'
import { type ErrorCode, GatewayError } from '../errors.ts'

/** What was being done when Auth0 rejected. */
export type Step = 'metadata' | 'callback' | 'code' | 'refresh' | 'userinfo' | 'revocation'

/** `error` of a response to `/authorize` (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, and Auth0's own). */
const CALLBACK_ERRORS: Readonly<Record<string, ErrorCode>> = {
  access_denied: 'login_denied',
  unauthorized: 'login_denied',
  login_required: 'login_denied',
  consent_required: 'login_denied',
  interaction_required: 'login_denied',
  server_error: 'auth0_failed',
  temporarily_unavailable: 'auth0_unavailable',
  unauthorized_client: 'misconfigured',
  invalid_scope: 'misconfigured',
  unsupported_response_type: 'misconfigured',
}

/** `error` of the token endpoint (RFC 6749 §5.2), where it does not depend on the step. */
const TOKEN_ERRORS: Readonly<Record<string, ErrorCode>> = {
  invalid_client: 'misconfigured',
  unauthorized_client: 'misconfigured',
  unsupported_grant_type: 'misconfigured',
  invalid_scope: 'misconfigured',
  access_denied: 'login_denied',
  unauthorized: 'login_denied',
  mfa_required: 'login_denied',
}

/** `error` of a refresh that is not granted to this user any more. */
const REFRESH_DENIED: readonly string[] = [
  'access_denied',
  'unauthorized',
  'login_required',
  'mfa_required',
  'interaction_required',
]

/** Codes of responses that are no responses: what came is not JSON, or not what the standard says. */
const MALFORMED: readonly unknown[] = [
  oauth.PARSE_ERROR,
  oauth.RESPONSE_IS_NOT_JSON,
  oauth.RESPONSE_IS_NOT_CONFORM,
  oauth.INVALID_RESPONSE,
]

/**
 * The row of the error table for what went wrong between Auth0 and us. Of what Auth0 wrote, only the reason of a denied
 * login goes on, for the page that the user sees.
 */
export function asLoginError(error: unknown, step: Step): unknown {
  if (error instanceof oauth.AuthorizationResponseError) {
    const code = CALLBACK_ERRORS[error.error] ?? 'login_failed'
    return row(code, step, error.error, code === 'login_denied' ? error.error_description : undefined)
  }
  if (error instanceof oauth.ResponseBodyError) {
    return row(bodyError(error.error, error.status, step), step, error.error)
  }
  // A 401 with a challenge: to our own client secret, or to the access token at /userinfo.
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return row(step === 'userinfo' ? 'auth0_failed' : 'misconfigured', step, 'challenge')
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const isMalformed = step !== 'callback' && MALFORMED.includes(error.code)
    return row(isMalformed || step === 'metadata' ? 'auth0_failed' : failureOf(step), step, error.code ?? '')
  }
  return error
}

function bodyError(code: string, status: number, step: Step): ErrorCode {
  if (code === 'invalid_grant') return failureOf(step)
  // Auth0's response to a wrong client secret.
  if (status === 401 && code === 'access_denied') return 'misconfigured'
  // The user was blocked, or an Action wants more than a refresh can give: only a login helps.
  if (step === 'refresh' && REFRESH_DENIED.includes(code)) return 'session_expired'
  return TOKEN_ERRORS[code] ?? (status === 401 ? 'misconfigured' : 'auth0_failed')
}

/** What it means that a step did not pass its checks. */
function failureOf(step: Step): ErrorCode {
  if (step === 'callback' || step === 'code') return 'login_failed'
  return step === 'refresh' ? 'session_expired' : 'auth0_failed'
}

/** A code of Auth0's goes into the log only when it looks like one. */
function row(errorCode: ErrorCode, step: Step, code: string, said?: string): GatewayError {
  const known = /^[A-Za-z_]{1,60}$/.test(code) ? code : 'unknown error'
  return new GatewayError(errorCode, { detail: `${step}: ${known}`, said })
}
