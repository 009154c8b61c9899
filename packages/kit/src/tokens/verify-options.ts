import { MAX_LEEWAY_SECONDS } from '../constants.ts'
import { ConfigError } from '../errors.ts'

/** The `typ` header of tokens that are bound to a request. */
export const REQUEST_TYP = 'req+jwt'

/**
 * The `typ` header of tokens that are bound to a key (RFC 7800 §3.1, the claim `cnf`), with which the sender signed what the
 * token travels with: a message, parameters, whatever is kept. No request is let in with one.
 */
export const MESSAGE_TYP = 'msg+jwt'

/** Verification in place of the kit's own settings. */
export interface VerifyOverrides {
  /** Issuer, compared exactly. Default: the kit's. */
  readonly iss?: string
  /** Audience, or several of which the token must carry one. Default: the kit's. */
  readonly aud?: string | readonly string[]
  /** Clock tolerance in seconds, 0–300. Default: the kit's. */
  readonly leewaySeconds?: number
  /** Expected `typ` header. `JWT` may be absent from a token; every other kind must be there. Default: `JWT`. */
  readonly typ?: string
}

/** What one verification may request. */
export interface VerifyOptions extends VerifyOverrides {
  /** The request that the token must be bound to. */
  readonly request?: Request
}

/** Not for callers of a kit: no object of theirs has it. */
export const AS_ISSUED: unique symbol = Symbol('as issued')

export interface InternalVerifyOptions extends VerifyOptions {
  /** Holds the times of the token against the time of its issue: it may have ended since. */
  readonly [AS_ISSUED]?: true
}

/**
 * Rejects overrides that would let everything or nothing through by accident: `NaN` seconds of leeway compare
 * with no time at all, an empty list is no audience.
 *
 * @throws ConfigError naming the option
 */
export function checkOverrides({ iss, aud, leewaySeconds, typ }: VerifyOverrides): void {
  if (iss !== undefined && !isName(iss)) throw new ConfigError('iss must be a non-empty string')
  if (typ !== undefined && !isName(typ)) throw new ConfigError('typ must be a non-empty string')
  if (aud !== undefined && !(isName(aud) || (Array.isArray(aud) && aud.length > 0 && aud.every(isName)))) {
    throw new ConfigError('aud must be a non-empty string, or a list of them')
  }
  if (leewaySeconds !== undefined && !isLeeway(leewaySeconds)) {
    throw new ConfigError(`leewaySeconds must be a number from 0 to ${MAX_LEEWAY_SECONDS}`)
  }
}

/** Text is no number: added to a time it would make a later one, and nothing would be issued in the future. */
function isLeeway(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_LEEWAY_SECONDS
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
