import { isObject } from '../primitives/json.ts'
import type { Actor, Claims, Kind, RegisteredClaims } from './types.ts'
import { MAX_ACTOR_DEPTH } from '../constants.ts'
import { TokenError, type TokenReason } from '../errors.ts'

/** What the claims of one token are held against. Times in seconds. */
export interface Expectation {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly leewaySeconds: number
  readonly maxTtlSeconds: number
}

/** Every kind that there is. */
export const KINDS: readonly unknown[] = ['user', 'machine', 'agent', 'anonymous'] satisfies Kind[]

function isKind(value: unknown): boolean {
  return KINDS.includes(value)
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isAudience(value: unknown): boolean {
  return isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName))
}

function isActor(value: unknown, depth = 1): value is Actor {
  if (!isObject(value) || depth > MAX_ACTOR_DEPTH || !isName(value.sub)) return false
  if (value.iss !== undefined && !isName(value.iss)) return false
  return value.act === undefined || isActor(value.act, depth + 1)
}

type Payload = Readonly<Record<string, unknown>>

// Each claim is read by its own name: a loop over names would cost three times as much on the hot path.

/** The registered claims (RFC 7519 §4.1), in any token. */
function checkRegisteredShape({ sub, exp, iat, nbf, jti, iss, aud }: Payload): void {
  required('sub', sub, isName)
  required('exp', exp, isTime)
  required('iat', iat, isTime)
  optional('nbf', nbf, isTime)
  optional('jti', jti, isName)
  required('iss', iss, isName)
  required('aud', aud, isAudience)
}

/** The claims that internal tokens have besides. Whatever else a token carries is its user's own. */
function checkInternalShape({
  kind,
  auth_iat: authIat,
  act,
  email_verified: emailVerified,
  req,
  offline,
}: Payload): void {
  optional('kind', kind, isKind)
  optional('auth_iat', authIat, isTime)
  optional('act', act, isActor)
  optional('email_verified', emailVerified, isFlag)
  optional('req', req, isName)
  optional('offline', offline, isFlag)
}

function required(name: string, value: unknown, test: (value: unknown) => boolean): void {
  if (value === undefined) reject('missing_claim', `${name} is missing`)
  optional(name, value, test)
}

function optional(name: string, value: unknown, test: (value: unknown) => boolean): void {
  if (value !== undefined && !test(value)) reject('invalid_claim', `${name} has a wrong type or value`)
}

/**
 * Checks the claims of an internal token whose signature is good, in the order of the design's table: shape, times,
 * issuer, audience (RFC 7519 §4.1, RFC 9068 §4).
 *
 * @param now seconds since the epoch
 * @throws TokenError `missing_claim`, `invalid_claim`, `too_old`, `issued_in_future`, `expired`,
 *   `not_yet_valid`, `wrong_issuer`, `wrong_audience`
 */
export function checkClaims(payload: Payload, expected: Expectation, now: number): Claims {
  checkRegisteredShape(payload)
  checkInternalShape(payload)
  // What the two functions check is what the type says.
  const claims = payload as Claims
  checkTimesAndParties(claims, expected, now)
  return claims
}

/**
 * Checks the registered claims alone, for tokens of other issuers.
 *
 * @param now seconds since the epoch
 * @throws TokenError as {@link checkClaims}
 */
export function checkRegisteredClaims(
  payload: Payload,
  expected: Expectation,
  now: number,
): RegisteredClaims {
  checkRegisteredShape(payload)
  const claims = payload as RegisteredClaims
  checkTimesAndParties(claims, expected, now)
  return claims
}

function checkTimesAndParties(claims: RegisteredClaims, expected: Expectation, now: number): void {
  const { exp, iat, nbf, aud } = claims
  const { leewaySeconds: leeway, maxTtlSeconds } = expected
  if (exp <= iat) reject('invalid_claim', 'exp is not after iat')
  if (exp - iat > maxTtlSeconds) reject('too_old', `it lives longer than ${maxTtlSeconds} s`)
  if (iat > now + leeway) reject('issued_in_future', 'iat is in the future')
  if (exp <= now - leeway) reject('expired', 'exp has passed')
  if (nbf !== undefined && nbf > now + leeway) reject('not_yet_valid', 'nbf is in the future')
  if (claims.iss !== expected.issuer) reject('wrong_issuer', 'iss is another issuer')
  const named =
    typeof aud === 'string'
      ? expected.audiences.includes(aud)
      : aud.some((one) => expected.audiences.includes(one))
  if (!named) reject('wrong_audience', 'aud names nobody here')
}

function reject(reason: TokenReason, detail: string): never {
  throw new TokenError(reason, detail)
}
