import { KeysUnavailableError, type TokenReason } from '@sealgate/kit'
import { GatewayError } from '../errors.ts'

/** Why an Auth0 token does not count. One stable word each, for logs. */
export type Auth0Rejection =
  | TokenReason
  | 'ends_too_soon'
  | 'lives_too_long'
  | 'id_token'
  | 'sender_constrained'
  | 'proof_missing'
  | 'proof_of_another_key'
  | 'not_bound'
  | 'unknown_client'
  | 'unknown_organization'
  | 'not_rfc9068'
  | 'wrong_profile'

/** Auth0's keys that cannot be had are Auth0's outage, not ours and not the token's. */
export function asAuth0Error(
  error: unknown,
  code: 'auth0_unavailable' | 'issuer_unavailable' = 'auth0_unavailable',
): unknown {
  if (!(error instanceof KeysUnavailableError)) return error
  return new GatewayError(code, {
    cause: error,
    detail: error.message,
    headers: { 'Retry-After': String(error.retryAfterSeconds) },
  })
}
