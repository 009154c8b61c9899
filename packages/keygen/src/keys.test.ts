import { describe, expect, it } from 'vitest'
import { InputError } from './errors.ts'
import { generateKeyPair, isKid, keyPairOf, readKeyPair, readPublicKeys, thumbprintOf } from './keys.ts'

/** RFC 8037 appendix A.1 to A.3. */
const RFC_8037 = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
const RFC_8037_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
/** RFC 8032 §7.1, test 2. */
const OTHER = {
  d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
}
const PRIVATE = { ...RFC_8037, kid: 'a', alg: 'EdDSA', use: 'sig', nbf: 100 }
const PUBLIC = { kty: 'OKP', crv: 'Ed25519', x: RFC_8037.x, kid: 'a', alg: 'EdDSA', use: 'sig' }

const reading = (value: unknown): Promise<unknown> => readKeyPair(JSON.stringify(value))

describe('the RFC vectors', () => {
  it('derives the public half of RFC 8037 A.1 from its seed', async () => {
    const seed = new Uint8Array(Buffer.from(RFC_8037.d, 'base64url'))
    const { publicJwk, privateJwk } = await keyPairOf(seed, { nbf: 0 })
    expect(publicJwk.x).toBe(RFC_8037.x)
    expect(privateJwk.d).toBe(RFC_8037.d)
  })

  it('computes the thumbprint of RFC 8037 A.3 (RFC 7638)', () => {
    expect(thumbprintOf(RFC_8037.x)).toBe(RFC_8037_THUMBPRINT)
  })
})

describe('generateKeyPair', () => {
  it('returns a pair that reads back, with the thumbprint for a kid', async () => {
    const pair = await generateKeyPair({ nbf: 5, exp: 6 })
    const { x } = pair.publicJwk
    expect(pair.publicJwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x,
      kid: thumbprintOf(x),
      alg: 'EdDSA',
      use: 'sig',
    })
    expect(pair.privateJwk).toEqual({ ...pair.publicJwk, d: pair.privateJwk.d, nbf: 5, exp: 6 })
    expect(await reading(pair)).toEqual(pair)
  })

  it('never returns the same key twice, and no exp unless asked', async () => {
    const [one, other] = await Promise.all([generateKeyPair({ nbf: 0 }), generateKeyPair({ nbf: 0 })])
    expect(one.privateJwk.d).not.toBe(other.privateJwk.d)
    expect(one.privateJwk).not.toHaveProperty('exp')
  })
})

describe('readKeyPair', () => {
  it.each([
    ['a bare private JWK', PRIVATE],
    ['what kit-keygen printed', { publicJwk: PUBLIC, privateJwk: PRIVATE }],
    ['a private JWK in a wrapper', { privateJwk: PRIVATE }],
    ['the newer name of the algorithm (RFC 9864)', { ...PRIVATE, alg: 'Ed25519' }],
    ['members that it does not know', { ...PRIVATE, note: 'x', key_ops: ['sign'] }],
  ])('reads %s', async (_, value) => {
    expect(await reading(value)).toEqual({ publicJwk: PUBLIC, privateJwk: PRIVATE })
  })

  it.each<[string, unknown, RegExp]>([
    ['an array', [PRIVATE], /not a JSON object/],
    ['a public key', PUBLIC, /no private half/],
    ['a JWK Set', { keys: [PRIVATE] }, /no private half/],
    ['another curve', { ...PRIVATE, crv: 'Ed448' }, /not an Ed25519 key/],
    ['another key type', { kty: 'oct', k: 'AAAA', d: 'x' }, /not an Ed25519 key/],
    ['another algorithm', { ...PRIVATE, alg: 'ES256' }, /alg must be EdDSA/],
    ['another use', { ...PRIVATE, use: 'enc' }, /use must be sig/],
    ['halves of two keys', { ...PRIVATE, x: OTHER.x }, /d and x do not belong together/],
    ['a padded x', { ...PRIVATE, x: `${RFC_8037.x}=` }, /x must be 32 bytes/],
    ['an x with spare bits', { ...PRIVATE, x: `${RFC_8037.x.slice(0, -1)}p` }, /x must be 32 bytes/],
    ['a d with spare bits', { ...PRIVATE, d: `${RFC_8037.d.slice(0, -1)}B` }, /d must be 32 bytes/],
    ['a d in the other base64', { ...PRIVATE, d: RFC_8037.d.replace('_', '/') }, /d must be 32 bytes/],
    ['a short d', { ...PRIVATE, d: RFC_8037.d.slice(0, 40) }, /d must be 32 bytes/],
    ['a d that is no text', { ...PRIVATE, d: 7 }, /d must be 32 bytes/],
    ['no x', { ...PRIVATE, x: undefined }, /x must be 32 bytes/],
    ['no kid', { ...PRIVATE, kid: undefined }, /no kid/],
    ['an empty kid', { ...PRIVATE, kid: '' }, /kid must be/],
    ['a kid that would colour a terminal', { ...PRIVATE, kid: '\u001b[31ma' }, /kid must be/],
    ['an nbf in words', { ...PRIVATE, nbf: 'now' }, /nbf must be a number of seconds/],
    ['a negative nbf', { ...PRIVATE, nbf: -1 }, /nbf must be a number of seconds/],
    ['an exp in milliseconds', { ...PRIVATE, exp: 1.8e15 }, /not milliseconds/],
    ['an exp before nbf', { ...PRIVATE, exp: 100 }, /withdrawn \(exp\) before/],
    [
      'a publicJwk of another key',
      { publicJwk: { ...PUBLIC, x: OTHER.x }, privateJwk: PRIVATE },
      /another key/,
    ],
    [
      'a publicJwk of another kid',
      { publicJwk: { ...PUBLIC, kid: 'b' }, privateJwk: PRIVATE },
      /another key/,
    ],
    ['a publicJwk with the private half', { publicJwk: PRIVATE, privateJwk: PRIVATE }, /holds a private key/],
    ['a publicJwk that is no JWK', { publicJwk: 'x', privateJwk: PRIVATE }, /publicJwk is no JWK/],
  ])('rejects %s, and quotes no key', async (_, value, reason) => {
    const error: unknown = await reading(value).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputError)
    expect(String(error)).toMatch(reason)
    expect(String(error)).not.toContain(RFC_8037.d.slice(0, 16))
  })

  it('rejects what is not JSON, and quotes nothing of it', async () => {
    const error: unknown = await readKeyPair(`d=${RFC_8037.d}`).catch((thrown: unknown) => thrown)
    expect(String(error)).toBe('InputError: this is not JSON')
  })
})

describe('readPublicKeys', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['a public JWK without kid', { ...PUBLIC, kid: undefined }, [RFC_8037.x]],
    ['a private JWK', RFC_8037, [RFC_8037.x]],
    ['what kit-keygen printed', { publicJwk: PUBLIC, privateJwk: PRIVATE }, [RFC_8037.x]],
    ['a JWK Set, in order', { keys: [PUBLIC, { ...PUBLIC, x: OTHER.x }] }, [RFC_8037.x, OTHER.x]],
  ])('reads %s', async (_, value, expected) => {
    expect(await readPublicKeys(JSON.stringify(value))).toEqual(expected)
  })

  it.each<[string, unknown, RegExp]>([
    ['halves of two keys', { ...RFC_8037, x: OTHER.x }, /do not belong together/],
    ['an empty JWK Set', { keys: [] }, /no keys/],
    ['a set with a foreign key', { keys: [PUBLIC, { kty: 'RSA', n: 'x', e: 'AQAB' }] }, /not an Ed25519 key/],
    ['the neutral point', { ...PUBLIC, x: `AQ${'A'.repeat(41)}` }, /not a point of the curve/],
    [
      'a point of order eight',
      { ...PUBLIC, x: 'xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o' },
      /not a point/,
    ],
    ['a y above the field', { ...PUBLIC, x: '7v_______________________________________38' }, /not a point/],
  ])('rejects %s', async (_, value, reason) => {
    await expect(readPublicKeys(JSON.stringify(value))).rejects.toThrow(reason)
  })
})

describe('isKid', () => {
  it('takes 1 to 256 printable ASCII characters', () => {
    expect(['a', ' ', '~', 'x'.repeat(256)].every(isKid)).toBe(true)
    expect(['', 'x'.repeat(257), 'é', 'a\n', '\u007f', 1, undefined].some(isKid)).toBe(false)
  })
})
