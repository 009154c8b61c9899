import { createKit } from '../kit/create-kit.ts'
import { describe, expect, it } from 'vitest'
import { ClaimsError } from '../errors.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { buildClaims, type KitClaims, rejectKitClaims, type SignClaims, type SignOptions } from './sign.ts'

const NOW = 1_800_000_000
const settings = {
  issuer: 'https://issuer.test',
  audiences: ['reports'],
  ttlSeconds: 900,
  maxTtlSeconds: 3600,
  typ: 'JWT',
}
const build = (claims: object, kitClaims: KitClaims = {}, options: object = {}, now = NOW) =>
  buildClaims({ sub: 'user-1', ...claims } satisfies SignClaims, kitClaims, options, settings, now)

class Money {
  readonly amount = 1
}

it.each([
  ['a date', { when: new Date(0) }, 'claims.when is not JSON'],
  ['an instance of a class', { price: new Money() }, 'claims.price is not JSON'],
  ['a number that is not finite', { deep: [{ n: Infinity }] }, 'claims.deep[0].n is not JSON'],
  ['a bigint', { n: 1n }, 'claims.n is not JSON'],
  ['a function', { deep: { call: () => 1 } }, 'claims.deep.call is not JSON'],
  ['undefined in an array', { list: ['a', undefined] }, 'claims.list[1] is undefined'],
  ['a hole in an array', { list: new Array<string>(2) }, 'claims.list[0] is undefined'],
  ['an object that speaks for itself', { own: { toJSON: () => 1 } }, 'claims.own is not JSON'],
])('rejects %s, and says where it stands', (_, claims, where) => {
  expect(() => build(claims)).toThrow(ClaimsError)
  expect(() => build(claims)).toThrow(where)
})

it('takes all that JSON can say, and leaves out members that are undefined', () => {
  const own = { a: null, b: true, c: -1.5, d: 'é', e: [], f: [[{ g: {} }]], h: Object.create(null) as object }
  const payload = build({ ...own, left: undefined })
  expect(JSON.parse(JSON.stringify(payload))).toMatchObject(JSON.parse(JSON.stringify(own)) as object)
  expect(JSON.stringify(payload)).not.toContain('left')
})

describe('buildClaims', () => {
  it('adds issuer, audience, times in whole seconds, and an id of its own', () => {
    const payload = build({}, {}, {}, NOW + 0.9)
    expect(payload).toStrictEqual({
      sub: 'user-1',
      iss: 'https://issuer.test',
      aud: 'reports',
      iat: NOW,
      exp: NOW + 900,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    })
    expect(build({}).jti).not.toBe(payload.jti)
  })

  const request = new Request('https://a.test/')
  it.each<[what: string, options: SignOptions, kitClaims: KitClaims, claims: object]>([
    ['another issuer', { iss: 'https://other.test' }, {}, { iss: 'https://other.test' }],
    ['another audience', { aud: 'billing' }, {}, { aud: 'billing' }],
    ['a lifetime', { ttlSeconds: 3600 }, {}, { exp: NOW + 3600 }],
    ['a request', { request }, {}, { exp: NOW + 60 }],
    ['a request and a lifetime', { request, ttlSeconds: 5 }, {}, { exp: NOW + 5 }],
    [
      'a fixed end, which counts for more than a lifetime',
      { ttlSeconds: 5 },
      { exp: NOW + 9 },
      { exp: NOW + 9 },
    ],
    ['what the kit sets', {}, { kind: 'user', req: 'hash' }, { kind: 'user', req: 'hash' }],
  ])('takes %s', (_, options, kitClaims, claims) => {
    expect(build({ jti: 'id-1' }, kitClaims, options)).toStrictEqual({
      sub: 'user-1',
      iss: 'https://issuer.test',
      aud: 'reports',
      iat: NOW,
      exp: NOW + 900,
      jti: 'id-1',
      ...claims,
    })
  })

  it('returns no token a longer lifetime than the kit accepts, by default', () => {
    const short = { ...settings, maxTtlSeconds: 600 }
    expect(buildClaims({ sub: 'user-1' }, {}, {}, short, NOW)).toMatchObject({ exp: NOW + 600 })
  })

  it('takes a token that starts later, up to its last second', () => {
    expect(build({ nbf: NOW + 899 })).toMatchObject({ nbf: NOW + 899, exp: NOW + 900 })
  })

  it.each<[message: string, claims: object, options?: object, kitClaims?: KitClaims]>([
    ['nbf is not before exp', { nbf: NOW + 900 }],
    ['aud must be one string', {}, { aud: ['billing'] }],
    ['a verifier would reject this token: sub is missing', { sub: undefined }],
    ['a verifier would reject this token: sub has a wrong type or value', { sub: '' }],
    ['a verifier would reject this token: nbf has a wrong type or value', { nbf: 'soon' }],
    ['a verifier would reject this token: exp is not after iat', {}, { ttlSeconds: 0 }],
    ['a verifier would reject this token: it lives longer than 3600 s', {}, { ttlSeconds: 3601 }],
    [
      'a verifier would reject this token: it lives longer than 3600 s',
      { nbf: NOW + 60 },
      {},
      { exp: NOW + 3601 },
    ],
    ['claims.exp is not JSON', {}, { ttlSeconds: Number.NaN }],
  ])('rejects: %s', (message, claims, options, kitClaims) => {
    expect(() => build(claims, kitClaims, options)).toThrow(ClaimsError)
    expect(() => build(claims, kitClaims, options)).toThrow(message)
  })

  it('requests the option aud where the kit has several audiences', () => {
    const several = { ...settings, audiences: ['reports', 'billing'] }
    expect(() => buildClaims({ sub: 'user-1' }, {}, {}, several, NOW)).toThrow(
      'several audiences are configured: name one with the option aud',
    )
    expect(buildClaims({ sub: 'user-1' }, {}, { aud: 'billing' }, several, NOW).aud).toBe('billing')
  })
})

describe('rejectKitClaims', () => {
  it.each(['iss', 'aud', 'iat', 'exp'])('sends %s to the options', (name) => {
    expect(() => {
      rejectKitClaims({ sub: 'a', [name]: undefined })
    }).toThrow(`${name} is not a claim to pass: use the options of sign`)
  })

  it.each(['act', 'kind', 'req', 'auth_iat', 'offline'])('keeps %s for the kit', (name) => {
    expect(() => {
      rejectKitClaims({ sub: 'a', [name]: undefined })
    }).toThrow(`${name} is set by the kit alone`)
  })

  it.each([[undefined], [null], ['user-1'], [[]]])('takes no %j for claims', (claims) => {
    expect(() => {
      rejectKitClaims(claims)
    }).toThrow('claims must be an object with a sub')
  })

  it('leaves alone what the caller may set', () => {
    expect(() => {
      rejectKitClaims({ sub: 'a', jti: 'b', nbf: 1, own: 'c' })
    }).not.toThrow()
  })
})

describe('a signed token', () => {
  const kit = createKit({
    issuer: 'https://issuer.test',
    audience: 'reports',
    sign: { secret: generateSecret() },
    now: () => NOW,
  })
  const sign = (length: number) => kit.sign({ sub: 'a', jti: 'b', filler: 'x'.repeat(length) })
  const headerOf = (token: string): unknown => JSON.parse(atob(token.slice(0, token.indexOf('.'))))

  it('has 8192 bytes at most', async () => {
    const { length } = await sign(0)
    // Three bytes of JSON are four characters of base64url.
    const fitting = Math.floor(((8192 - length) * 3) / 4)
    expect((await sign(fitting)).length).toBeLessThanOrEqual(8192)
    expect((await sign(fitting)).length).toBeGreaterThanOrEqual(8191)
    for (const tooLong of [fitting + 2, 7000, 20_000]) {
      await expect(sign(tooLong)).rejects.toThrow('the token would be larger than 8192 bytes')
    }
  })

  it('carries the typ that was requested, whatever the token before it carried', async () => {
    const typs = ['at+jwt', 'at+jwt', undefined, 'at+jwt'].map((typ) => (typ === undefined ? {} : { typ }))
    const headers = await Promise.all(
      typs.map(async (options) => headerOf(await kit.sign({ sub: 'a' }, options))),
    )
    expect(headers).toEqual(['at+jwt', 'at+jwt', 'JWT', 'at+jwt'].map((typ) => ({ alg: 'HS512', typ })))
  })
})
