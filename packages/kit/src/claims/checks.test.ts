import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkClaims, type Expectation } from './checks.ts'
import { TokenError } from '../errors.ts'

const NOW = 1_800_000_000
const expected: Expectation = {
  issuer: 'https://issuer.test',
  audiences: ['reports'],
  leewaySeconds: 90,
  maxTtlSeconds: 3600,
}
const good = { iss: 'https://issuer.test', sub: 'user-1', aud: 'reports', iat: NOW, exp: NOW + 300 }

/** Why these claims are rejected; `undefined` when they are not. */
function denial(change: Record<string, unknown>, now = NOW): TokenError | undefined {
  try {
    checkClaims({ ...good, ...change }, expected, now)
    return undefined
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
}

/** The reason, or `accepted`. */
function outcome(change: Record<string, unknown>, now = NOW): string {
  return denial(change, now)?.reason ?? 'accepted'
}

describe('checkClaims', () => {
  it('accepts a good claims set and returns it back', () => {
    expect(checkClaims(good, expected, NOW)).toBe(good)
  })

  it.each(['sub', 'exp', 'iat', 'iss', 'aud'])('rejects a token without %s', (name) => {
    expect(denial({ [name]: undefined })).toMatchObject({
      reason: 'missing_claim',
      detail: `${name} is missing`,
    })
  })

  it.each<[string, unknown]>([
    ['sub', ''],
    ['sub', 7],
    ['sub', ['user-1']],
    ['exp', String(NOW + 300)],
    ['exp', Infinity],
    ['exp', NaN],
    ['exp', null],
    ['exp', [NOW + 300]],
    ['iat', 'now'],
    ['iat', null],
    ['nbf', '0'],
    ['nbf', null],
    ['jti', 7],
    ['jti', ''],
    ['kind', 'superuser'],
    ['kind', null],
    ['auth_iat', 'x'],
    ['act', 'gateway'],
    ['act', []],
    ['act', { iss: 'https://issuer.test' }],
    ['act', { sub: '' }],
    ['act', { sub: 'a', iss: 7 }],
    ['act', { sub: 'a', act: { sub: 7 } }],
    ['email_verified', 'true'],
    ['email_verified', 1],
    ['email_verified', null],
    ['req', 7],
    ['offline', 'true'],
    ['offline', null],
    ['iss', ['https://issuer.test']],
    ['aud', []],
    ['aud', {}],
    ['aud', [7]],
    ['aud', ['reports', 7]],
    ['aud', ''],
  ])('rejects %s of %j', (name, value) => {
    expect(denial({ [name]: value })).toMatchObject({
      reason: 'invalid_claim',
      detail: `${name} has a wrong type or value`,
    })
  })

  it.each<[string, unknown, string]>([
    ['an issuer that only starts alike', { iss: 'https://issuer.test.evil' }, 'wrong_issuer'],
    ['an issuer with a slash more', { iss: 'https://issuer.test/' }, 'wrong_issuer'],
    ['an audience that contains ours', { aud: 'reports-admin' }, 'wrong_audience'],
    ['a part of our audience', { aud: 'report' }, 'wrong_audience'],
    ['foreign audiences', { aud: ['a', 'b'] }, 'wrong_audience'],
  ])('rejects %s', (_, change, reason) => {
    expect(outcome(change as Record<string, unknown>)).toBe(reason)
  })

  it.each(['user', 'machine', 'agent', 'anonymous'])('accepts the kind %s', (kind) => {
    expect(outcome({ kind })).toBe('accepted')
  })

  it('accepts an audience among several', () => {
    expect(outcome({ aud: ['other', 'reports'] })).toBe('accepted')
  })

  it.each<[string, Record<string, number>, string]>([
    ['at the very end of the leeway', { iat: NOW - 390, exp: NOW - 90 }, 'expired'],
    ['a second before', { iat: NOW - 389, exp: NOW - 89 }, 'accepted'],
    ['issued at the edge of the leeway', { iat: NOW + 90, exp: NOW + 390 }, 'accepted'],
    ['issued past the leeway', { iat: NOW + 91, exp: NOW + 391 }, 'issued_in_future'],
    ['valid from the edge of the leeway', { nbf: NOW + 90 }, 'accepted'],
    ['valid from past the leeway', { nbf: NOW + 91 }, 'not_yet_valid'],
    ['of the longest lifetime', { exp: NOW + 3600 }, 'accepted'],
    ['of a longer lifetime', { exp: NOW + 3601 }, 'too_old'],
    ['that ends when it starts', { iat: NOW, exp: NOW }, 'invalid_claim'],
    ['that ends before it starts', { exp: NOW - 1 }, 'invalid_claim'],
    ['of exp 0', { exp: 0 }, 'invalid_claim'],
    ['of negative exp', { iat: -100, exp: -1 }, 'expired'],
  ])('judges a token %s', (_, change, reason) => {
    expect(outcome(change)).toBe(reason)
  })

  it.each<[string, Record<string, unknown>]>([
    ['exp is not after iat', { exp: NOW }],
    ['it lives longer than 3600 s', { exp: NOW + 3601 }],
    ['iat is in the future', { iat: NOW + 91, exp: NOW + 391 }],
    ['exp has passed', { iat: NOW - 390, exp: NOW - 90 }],
    ['nbf is in the future', { nbf: NOW + 91 }],
    ['iss is another issuer', { iss: 'https://issuer.test/' }],
    ['aud names nobody here', { aud: ['a', 'b'] }],
  ])('tells the log: %s', (detail, change) => {
    expect(denial(change)).toMatchObject({ detail })
  })

  it('takes actors up to a depth of five', () => {
    const chain = (depth: number): unknown =>
      depth === 0 ? undefined : { sub: `hop-${depth}`, act: chain(depth - 1) }
    expect(outcome({ act: chain(5) })).toBe('accepted')
    expect(outcome({ act: chain(6) })).toBe('invalid_claim')
  })

  it('accepts a token at a moment if and only if the moment lies in its lifetime, give or take the leeway', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5000, max: 5000 }),
        fc.integer({ min: 1, max: 3600 }),
        (offset, lifetime) => {
          const reason = outcome({ iat: NOW, exp: NOW + lifetime }, NOW + offset)
          const alive = offset >= -90 && offset < lifetime + 90
          expect(reason === 'accepted').toBe(alive)
        },
      ),
    )
  })
})
