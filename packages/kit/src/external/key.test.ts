import { describe, expect, it } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from '../jose/base64url.ts'
import { identityOf } from '../keys/key-set.ts'
import { type ExternalKey, parseExternalJwk } from './key.ts'

/** So many bytes, of which the first are given and the others are 0xff. */
const bytes = (length: number, ...first: number[]): string =>
  encodeBase64Url(Uint8Array.from({ length }, (_, index) => first[index] ?? 0xff))

const RSA = { kty: 'RSA', n: bytes(256), e: 'AQAB' }
const P256 = { kty: 'EC', crv: 'P-256', x: bytes(32), y: bytes(32) }
const ED25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

function parsed(jwk: unknown): ExternalKey {
  const result = parseExternalJwk(jwk)
  if (!result.ok) throw new Error(result.problem)
  return result.key
}

/** A public key that the runtime made, as a JWK. */
async function madeJwk(): Promise<Record<string, unknown>> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  if (!('publicKey' in pair)) throw new Error('the runtime made no key pair')
  const { x, y } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as { x?: string; y?: string }
  return { kty: 'EC', crv: 'P-256', x, y }
}

describe('parseExternalJwk', () => {
  it.each<[what: string, jwk: object, alg: string]>([
    ['RSA of 2048 bits', RSA, 'RS256'],
    ['RSA of 2048 bits and not one more', { ...RSA, n: bytes(256, 0x80) }, 'RS256'],
    ['RSA under leading zeros', { ...RSA, n: bytes(258, 0, 0) }, 'RS256'],
    ['RSA with the smallest exponent', { ...RSA, e: 'Aw' }, 'RS256'],
    ['RSA with an exponent of 64 bits', { ...RSA, e: bytes(8) }, 'RS256'],
    ['P-256', P256, 'ES256'],
    ['P-384', { ...P256, crv: 'P-384', x: bytes(48), y: bytes(48) }, 'ES384'],
    ['P-521', { ...P256, crv: 'P-521', x: bytes(66), y: bytes(66) }, 'ES512'],
    ['Ed25519', ED25519, 'EdDSA'],
    ['a key for signatures', { ...RSA, use: 'sig', key_ops: ['sign', 'verify'], alg: 'PS384' }, 'PS384'],
    ['the longest kid', { ...RSA, kid: 'k'.repeat(256) }, 'RS256'],
  ])('reads %s', (_, jwk, alg) => {
    expect(parsed(jwk).algs[0]).toBe(alg)
  })

  it.each<[problem: string, jwk: unknown]>([
    ['it is not a JSON object', null],
    ['it is not a JSON object', 'key'],
    ['it is not a JSON object', [RSA]],
    ['it holds a private or a shared key', { ...ED25519, d: 'AQAB' }],
    ['it holds a private or a shared key', { kty: 'oct', k: 'AQAB' }],
    ['its use is not sig', { ...RSA, use: 'enc' }],
    ['its key_ops lack verify', { ...RSA, key_ops: ['sign'] }],
    ['its key_ops lack verify', { ...RSA, key_ops: 'verify' }],
    ['its key_ops lack verify', { ...RSA, key_ops: null }],
    ['its kty is not RSA, EC or OKP', { ...RSA, kty: undefined }],
    ['its kty is not RSA, EC or OKP', { ...RSA, kty: 'rsa' }],
    ['its kty is not RSA, EC or OKP', { ...RSA, kty: ['RSA'] }],
    // Names that every object has: none of them is a key type.
    ['its kty is not RSA, EC or OKP', { kty: 'constructor', family: 'RSA', members: RSA }],
    ['its kty is not RSA, EC or OKP', { kty: '__proto__' }],
    ['it has no n and e', { ...RSA, n: undefined }],
    ['it has no n and e', { ...RSA, e: 65_537 }],
    ['its n and e are not canonical base64url', { ...RSA, n: `${RSA.n}=` }],
    ['its n and e are not canonical base64url', { ...RSA, e: 'AQAC+' }],
    ['its modulus has fewer than 2048 bits', { ...RSA, n: '' }],
    ['its modulus has fewer than 2048 bits', { ...RSA, n: bytes(256, 0x7f) }],
    ['its modulus has fewer than 2048 bits', { ...RSA, n: bytes(257, 0, 0) }],
    ['its modulus has fewer than 2048 bits', { ...RSA, n: encodeBase64Url(new Uint8Array(256)) }],
    ['its exponent is not an odd number of at least 3', { ...RSA, e: '' }],
    ['its exponent is not an odd number of at least 3', { ...RSA, e: 'AQ' }],
    ['its exponent is not an odd number of at least 3', { ...RSA, e: 'BA' }],
    ['its exponent is not an odd number of at least 3', { ...RSA, e: bytes(9, 1) }],
    ['its crv is not P-256, P-384 or P-521', { ...P256, crv: undefined }],
    ['its crv is not P-256, P-384 or P-521', { ...P256, crv: 'secp256k1' }],
    ['its crv is not P-256, P-384 or P-521', { ...P256, crv: ['P-256'] }],
    ['its crv is not P-256, P-384 or P-521', { ...P256, crv: 'constructor' }],
    ['it has no x and y', { ...P256, x: undefined }],
    ['it has no x and y', { ...P256, y: 7 }],
    ['its x and y are not 32 bytes each in canonical base64url', { ...P256, x: bytes(33) }],
    ['its x and y are not 32 bytes each in canonical base64url', { ...P256, y: bytes(31) }],
    ['its x and y are not 32 bytes each in canonical base64url', { ...P256, x: `${P256.x}=` }],
    ['its x and y are not 32 bytes each in canonical base64url', { ...P256, y: `${P256.y}=` }],
    ['its x and y are not 66 bytes each in canonical base64url', { ...P256, crv: 'P-521' }],
    ['its crv is not Ed25519', { ...ED25519, crv: 'X25519' }],
    ['its x is not 32 bytes in canonical base64url', { ...ED25519, x: bytes(31) }],
    ['its x is not 32 bytes in canonical base64url', { ...ED25519, x: undefined }],
    ['its point is of small order, or not canonical', { ...ED25519, x: encodeBase64Url(new Uint8Array(32)) }],
    ['its alg does not fit it', { ...RSA, alg: 'ES256' }],
    ['its alg does not fit it', { ...RSA, alg: 'none' }],
    ['its alg does not fit it', { ...RSA, alg: ['RS256'] }],
  ])('says that %s: %j', (problem, jwk) => {
    expect(parseExternalJwk(jwk)).toEqual({ ok: false, kid: undefined, problem })
  })

  it.each<[kid: unknown, reported: string | undefined]>([
    ['', ''],
    [7, undefined],
    [null, undefined],
    ['k'.repeat(257), 'k'.repeat(256)],
  ])('rejects the kid %j, and tells no more of it than a kid may be long', (kid, reported) => {
    expect(parseExternalJwk({ ...RSA, kid })).toEqual({
      ok: false,
      kid: reported,
      problem: 'its kid is not a string of 1 to 256 characters',
    })
  })

  it('names the key that it rejects', () => {
    expect(parseExternalJwk({ ...RSA, kid: 'key-1', use: 'enc' })).toMatchObject({ kid: 'key-1' })
  })
})

describe('a key of another issuer', () => {
  it('takes the algorithms of its family, or the one that it names', () => {
    const key = parsed(RSA)
    expect(key.algs).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])
    const pinned = parsed({ ...RSA, alg: 'RS256' })
    expect(pinned.algs).toEqual(['RS256'])
    const names = (alg?: string) => parsed({ ...ED25519, alg }).algs
    expect([names(), names('Ed25519'), names('EdDSA')]).toEqual([
      ['EdDSA', 'Ed25519'],
      ['EdDSA', 'Ed25519'],
      ['EdDSA'],
    ])
  })

  it('is the same key when all that makes it is the same', () => {
    const identities = [
      RSA,
      { ...RSA, e: 'Aw' },
      { ...RSA, kid: 'key-1' },
      { ...RSA, alg: 'RS256' },
      P256,
    ].map((jwk) => identityOf(parsed(jwk)))
    expect(new Set(identities).size).toBe(5)
    expect(identityOf(parsed({ ...RSA, x5t: 'of no account' }))).toBe(identities[0])
  })

  it('is imported once', async () => {
    const key = parsed(await madeJwk())
    const imported = await key.load('ES256')
    expect(imported).toMatchObject({ type: 'public', algorithm: { name: 'ECDSA', namedCurve: 'P-256' } })
    expect(await key.load('ES256')).toBe(imported)
  })

  it('is none when its point is not on the curve', async () => {
    const jwk = await madeJwk()
    const y = decodeBase64Url(String(jwk.y)) ?? new Uint8Array(32)
    y[31] = (y[31] ?? 0) ^ 1
    expect(await parsed({ ...jwk, y: encodeBase64Url(y) }).load('ES256')).toBeUndefined()
  })
})
