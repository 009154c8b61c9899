import { describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../jose/base64url.ts'
import { parsePublicJwk } from './public-jwk.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'

// RFC 8037 appendix A.
const X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const D = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A'
const good = { kty: 'OKP', crv: 'Ed25519', x: X, kid: 'k1' }

const hex = (text: string): string =>
  encodeBase64Url(Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))

const BAD_POINT = 'its point is of small order, or not canonical'

describe('parsePublicJwk', () => {
  it.each([
    {},
    { alg: 'EdDSA' },
    { alg: 'Ed25519' },
    { use: 'sig' },
    { key_ops: ['verify'] },
    { key_ops: ['sign', 'verify'] },
    { kid: 'k'.repeat(256) },
    { ext: true, unknown: 1 },
  ])('accepts an Ed25519 key with %j', (members) => {
    expect(parsePublicJwk({ ...good, ...members })).toMatchObject({ ok: true, x: X })
  })

  it('binds a key to the alg that kits write if it names that, and to both names if not', () => {
    const algs = (jwk: unknown): unknown => {
      const parsed = parsePublicJwk(jwk)
      return parsed.ok && parsed.key.algs
    }
    expect(algs(good)).toEqual(['EdDSA', 'Ed25519'])
    expect(algs({ ...good, alg: 'EdDSA' })).toEqual(['EdDSA'])
    expect(algs({ ...good, alg: 'Ed25519' })).toEqual(['EdDSA', 'Ed25519'])
  })

  it.each<[string, unknown, RegExp]>([
    ['null', null, /not a JSON object/],
    ['an array', [good], /not a JSON object/],
    ['a text', 'key', /not a JSON object/],
    ['a private key', { ...good, d: D }, /private key/],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'k' }, /private key/],
    ['another curve', { ...good, crv: 'X25519' }, /not an Ed25519 key/],
    ['P-256', { kty: 'EC', crv: 'P-256', x: X, y: X, kid: 'k' }, /not an Ed25519 key/],
    ['RSA', { kty: 'RSA', n: X, e: 'AQAB', kid: 'k' }, /not an Ed25519 key/],
    ['another type', { ...good, kty: 'EC' }, /not an Ed25519 key/],
    ['another alg', { ...good, alg: 'HS512' }, /alg is not EdDSA/],
    ['an alg that is no text', { ...good, alg: ['EdDSA'] }, /alg is not EdDSA/],
    ['an encryption key', { ...good, use: 'enc' }, /use is not sig/],
    ['a key for other operations', { ...good, key_ops: ['sign'] }, /key_ops lack verify/],
    ['no kid', { ...good, kid: undefined }, /no kid/],
    ['an alg of null', { ...good, alg: null }, /alg is not EdDSA/],
    ['key_ops that are a text', { ...good, key_ops: 'verify' }, /key_ops lack verify/],
    ['an empty kid', { ...good, kid: '' }, /kid is not a string/],
    ['a kid that is a number', { ...good, kid: 1 }, /kid is not a string/],
    ['a kid too long', { ...good, kid: 'k'.repeat(257) }, /kid is not a string/],
    ['no x', { ...good, x: undefined }, /canonical base64url/],
    ['a padded x', { ...good, x: `${X}=` }, /canonical base64url/],
    ['an x with spare bits', { ...good, x: X.slice(0, -1) + 'p' }, /canonical base64url/],
    ['an x too short', { ...good, x: X.slice(0, 42) }, /canonical base64url/],
  ])('rejects %s', (_, jwk, problem) => {
    const parsed = parsePublicJwk(jwk)
    expect(parsed.ok ? 'accepted' : parsed.problem).toMatch(problem)
  })

  it.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000080',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ])('rejects the small-order point %s', (point) => {
    expect(parsePublicJwk({ ...good, x: hex(point) })).toMatchObject({
      ok: false,
      problem: BAD_POINT,
    })
  })

  it('rejects a point whose y is not below the prime', () => {
    const point = 'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
    expect(parsePublicJwk({ ...good, x: hex(point) })).toMatchObject({
      ok: false,
      problem: BAD_POINT,
    })
  })
})

/** What is said of a point, or `undefined` when it is accepted. */
const problemOf = (point: string): string | undefined => {
  const parsed = parsePublicJwk({ ...good, x: hex(point) })
  return parsed.ok ? undefined : parsed.problem
}

it('draws the line below p to the number, for both signs: p − 1 is of small order, the rest is not canonical', () => {
  for (let low = 0; low < 256; low++) {
    const expected = low < 0xec ? undefined : BAD_POINT
    for (const top of ['7f', 'ff']) {
      const point = low.toString(16).padStart(2, '0') + 'ff'.repeat(30) + top
      expect(problemOf(point), point).toBe(expected)
    }
  }
})

it.each([
  ['an odd byte among those of p − 1', `ec${'ff'.repeat(15)}fe${'ff'.repeat(14)}7f`],
  ['a lower top', `ef${'ff'.repeat(30)}6f`],
  ['2', `02${'00'.repeat(31)}`],
  ['16', `10${'00'.repeat(31)}`],
  ['2^60', `${'00'.repeat(7)}10${'00'.repeat(24)}`],
  ['the neighbour of a point of order 8', '27e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['the neighbour of the other', 'c8176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['their digits further on', `aa26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc`],
])('accepts a y with %s', (_, point) => {
  expect(problemOf(point)).toBeUndefined()
})

it.each([
  ['the largest y', 'ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['a low byte that is large', 'ff00000000000000000000000000000000000000000000000000000000000001'],
])('takes a point with %s for canonical', (_, point) => {
  expect(parsePublicJwk({ ...good, x: hex(point) }).ok).toBe(true)
})

it('names the key that it rejects, by no more than 256 characters of its kid', () => {
  expect(parsePublicJwk({ ...good, kid: 'k'.repeat(300) })).toMatchObject({ ok: false, kid: 'k'.repeat(256) })
  expect(parsePublicJwk({ ...good, kid: 7 })).toMatchObject({ ok: false, kid: undefined })
})

describe('thumbprintOf', () => {
  it('is the one of RFC 8037 appendix A.3', async () => {
    expect(await thumbprintOf(X)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })
})
