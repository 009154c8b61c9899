import { describe, expect, it } from 'vitest'
import { loginTimeOf, loginTimeOfIdToken } from './login-time.ts'

const IAT = 1_800_000_000
const DAY = 86_400
const CLAIM = 'https://app.test/auth_time'
const rules = { authTimeClaim: CLAIM, refreshMaxSeconds: 30 * DAY }

describe('the time of a login, of an access token', () => {
  it.each<[what: string, claims: Readonly<Record<string, unknown>>, expected: number]>([
    ['is auth_time', { auth_time: IAT - 500 }, IAT - 500],
    ['is what an Action said', { [CLAIM]: IAT - 500 }, IAT - 500],
    ['is the earlier of the two', { auth_time: IAT - 5, [CLAIM]: IAT - 500 }, IAT - 500],
    ['is never later than the token', { auth_time: IAT + 500 }, IAT],
    ['is the earliest that it can be, where nobody says it', {}, IAT - 30 * DAY],
    ['does not come from a claim that nobody set', { 'https://other.test/auth_time': IAT }, IAT - 30 * DAY],
    ...[String(IAT), null, NaN, Infinity, 0, -1, {}, [IAT], true].map(
      (value): [string, Record<string, unknown>, number] => [
        `is no time of the wrong type: ${JSON.stringify(value)}`,
        { auth_time: value, [CLAIM]: value },
        IAT - 30 * DAY,
      ],
    ),
    ['of a machine is that of its token', { sub: 'web@clients' }, IAT],
    ['of a machine may be told too', { sub: 'web@clients', auth_time: IAT - 5 }, IAT - 5],
    ['of a user with the name of a machine is a user’s', { sub: 'auth0|x@clients' }, IAT - 30 * DAY],
    ['of an agent is no machine’s', { sub: 'agt_1' }, IAT - 30 * DAY],
  ])('%s', (_, claims, expected) => {
    expect(loginTimeOf({ sub: 'auth0|alice', iat: IAT, ...claims }, rules)).toBe(expected)
  })

  it('is that of the token where no refresh tokens are out', () => {
    expect(loginTimeOf({ sub: 'auth0|alice', iat: IAT }, { ...rules, refreshMaxSeconds: 0 })).toBe(IAT)
  })

  it('is not before the epoch', () => {
    expect(loginTimeOf({ sub: 'auth0|alice', iat: 5 }, rules)).toBe(0)
  })

  it('is auth_time alone where no claim is set', () => {
    const none = { authTimeClaim: undefined, refreshMaxSeconds: 60 }
    expect(loginTimeOf({ sub: 'auth0|alice', iat: IAT, undefined: 7 }, none)).toBe(IAT - 60)
  })
})

describe('the time of a login, of an ID token', () => {
  it.each([
    [{ auth_time: IAT - 500, iat: IAT }, IAT - 500],
    [{ auth_time: IAT - 500 }, IAT - 500],
    [{ auth_time: IAT + 500, iat: IAT }, IAT],
    [{ iat: IAT }, undefined],
    [{ auth_time: 'x', iat: IAT }, undefined],
    [{}, undefined],
  ])('of %j is %j', (claims, expected) => {
    expect(loginTimeOfIdToken(claims)).toBe(expected)
  })
})
