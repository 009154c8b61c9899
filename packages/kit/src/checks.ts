import type { Actor, Claims, Kind, RegisteredClaims } from './claims.ts'
import { MAX_ACTOR_DEPTH } from './constants.ts'
import { isObject } from './encoding.ts'
import { TokenError, type TokenReason } from './errors.ts'

/** What the claims of one token are held against. Times in seconds. */
export interface Expectation {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly leewaySeconds: number
  readonly maxTtlSeconds: number
}

const KINDS: readonly Kind[] = ['user', 'machine', 'agent', 'anonymous']

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isActor(value: unknown, depth = 1): value is Actor {
  if (!isObject(value) || depth > MAX_ACTOR_DEPTH || !isName(value.sub)) return false
  if (value.iss !== undefined && !isName(value.iss)) return false
  return value.act === undefined || isActor(value.act, depth + 1)
}

/** One row a claim: whether it must be there, and what it must be. */
type Shape = readonly (readonly [name: string, required: boolean, test: (value: unknown) => boolean])[]

/** The registered claims (RFC 7519 §4.1), in any token. */
const REGISTERED: Shape = [
  ['sub', true, isName],
  ['exp', true, isTime],
  ['iat', true, isTime],
  ['nbf', false, isTime],
  ['jti', false, isName],
  ['iss', true, isName],
  [
    'aud',
    true,
    (value) => isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
  ],
]

/** The claims that internal tokens have besides. Whatever else a token carries is its user's own. */
const INTERNAL: Shape = [
  ['kind', false, (value) => KINDS.some((kind) => kind === value)],
  ['auth_iat', false, isTime],
  ['act', false, (value) => isActor(value)],
  ['req', false, isName],
]

/**
 * Checks the claims of an internal token whose signature is good, in the order of the design's table: shape, times,
 * issuer, audience (RFC 7519 §4.1, RFC 9068 §4).
 *
 * @param now seconds since the epoch
 * @throws TokenError `missing_claim`, `invalid_claim`, `too_old`, `issued_in_future`, `expired`,
 *   `not_yet_valid`, `wrong_issuer`, `wrong_audience`
 */
export function checkClaims(
  payload: Readonly<Record<string, unknown>>,
  expected: Expectation,
  now: number,
): Claims {
  checkShape(payload, REGISTERED)
  checkShape(payload, INTERNAL)
  // The rows of the two tables are what the type says.
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
  payload: Readonly<Record<string, unknown>>,
  expected: Expectation,
  now: number,
): RegisteredClaims {
  checkShape(payload, REGISTERED)
  const claims = payload as RegisteredClaims
  checkTimesAndParties(claims, expected, now)
  return claims
}

function checkTimesAndParties(claims: RegisteredClaims, expected: Expectation, now: number): void {
  const { exp, iat, nbf, aud } = claims
  const { leewaySeconds: leeway, maxTtlSeconds } = expected
  if (exp <= iat) refuse('invalid_claim', 'exp is not after iat')
  if (exp - iat > maxTtlSeconds) refuse('too_old', `it lives longer than ${maxTtlSeconds} s`)
  if (iat > now + leeway) refuse('issued_in_future', 'iat is in the future')
  if (exp <= now - leeway) refuse('expired', 'exp has passed')
  if (nbf !== undefined && nbf > now + leeway) refuse('not_yet_valid', 'nbf is in the future')
  if (claims.iss !== expected.issuer) refuse('wrong_issuer', 'iss is another issuer')
  const named =
    typeof aud === 'string'
      ? expected.audiences.includes(aud)
      : aud.some((one) => expected.audiences.includes(one))
  if (!named) refuse('wrong_audience', 'aud names nobody here')
}

function checkShape(payload: Readonly<Record<string, unknown>>, shape: Shape): void {
  for (const [name, required, test] of shape) {
    const value = payload[name]
    if (value === undefined) {
      if (required) refuse('missing_claim', `${name} is missing`)
    } else if (!test(value)) refuse('invalid_claim', `${name} has a wrong type or value`)
  }
}

function refuse(reason: TokenReason, detail: string): never {
  throw new TokenError(reason, detail)
}
