import { KeysUnavailableError, RevocationUnavailableError, TokenError } from '../errors.ts'
import { denial, type Denied, outage } from '../http/decision.ts'

/** True for what may be a malformed header, and no token at all. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof TokenError && (error.reason === 'malformed' || error.reason === 'too_large')
}

/** The denial for a token that was rejected; anything else is thrown. */
export function denyToken(error: unknown): Denied {
  if (error instanceof TokenError) return denial(401, error.reason, error.detail)
  throw error
}

/** The denial for an outage; anything else is thrown. */
export function asOutage(error: unknown): Denied {
  if (error instanceof KeysUnavailableError)
    return outage('keys_unavailable', error.message, error.retryAfterSeconds)
  if (error instanceof RevocationUnavailableError) {
    return outage('revocation_unavailable', error.message, error.retryAfterSeconds)
  }
  throw error
}
