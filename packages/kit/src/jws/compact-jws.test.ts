import { countCryptoCalls } from '../../../../test/support/crypto-calls.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from '../jose/base64url.ts'
import { type InternalAlg, signCompact, verifyCompact } from '../jws.ts'

type Jwk = Readonly<Record<string, unknown>>

const secret: Jwk = { kty: 'oct', k: encodeBase64Url(new Uint8Array(64).fill(7)) }
const payload = encodeUtf8('any bytes, \u0000 too')
let privateJwk: Jwk
let publicJwk: Jwk

async function makePair(): Promise<{ readonly x: string; readonly d: string }> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  return (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x: string; d: string }
}

beforeAll(async () => {
  const { x, d } = await makePair()
  publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid: 'one' }
  privateJwk = { ...publicJwk, d }
})

/** The code or reason of the denial, or `accepted`. */
async function outcome(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'accepted',
    (error: unknown) => {
      if (typeof error !== 'object' || error === null || !('code' in error)) throw error
      return String('reason' in error ? error.reason : error.code)
    },
  )
}

describe.each<[InternalAlg, () => Jwk, () => Jwk]>([
  ['EdDSA', () => privateJwk, () => publicJwk],
  ['HS512', () => secret, () => secret],
])('%s', (alg, signer, verifier) => {
  it('returns what was signed, with its header', async () => {
    const token = await signCompact(payload, signer(), { typ: 'note' })
    const verified = await verifyCompact(token, verifier(), { alg })
    expect(verified.payload).toEqual(payload)
    expect(verified.header).toMatchObject({ alg, typ: 'note' })
    expect(verified.header.kid).toBe(alg === 'EdDSA' ? 'one' : undefined)
  })

  it('sets alg from the key, whatever the caller’s header says', async () => {
    const token = await signCompact(payload, signer(), { alg: 'none' })
    expect((await verifyCompact(token, verifier(), { alg })).header.alg).toBe(alg)
  })

  it('rejects another payload, a signature that was changed, cut or lengthened', async () => {
    const [header = '', body = '', signature = ''] = (await signCompact(payload, signer())).split('.')
    const bytes = decodeBase64Url(signature) ?? new Uint8Array()
    const spoilt = Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte ^ 1 : byte))
    const tokens = [
      [header, encodeBase64Url(encodeUtf8('other')), signature],
      [header, body, encodeBase64Url(spoilt)],
      [header, body, encodeBase64Url(bytes.slice(0, 63))],
      [header, body, encodeBase64Url(new Uint8Array([...bytes, 0]))],
      [header, body, ''],
    ]
    for (const parts of tokens) {
      expect(await outcome(verifyCompact(parts.join('.'), verifier(), { alg }))).toBe('bad_signature')
    }
  })

  it('rejects a token of the other algorithm, and a key of the other kind', async () => {
    const other = alg === 'EdDSA' ? 'HS512' : 'EdDSA'
    const foreign = await signCompact(payload, alg === 'EdDSA' ? secret : privateJwk)
    expect(await outcome(verifyCompact(foreign, verifier(), { alg }))).toBe('unsupported_alg')
    const token = await signCompact(payload, signer())
    expect(await outcome(verifyCompact(token, verifier(), { alg: other }))).toBe('ERR_CONFIG')
  })

  it.each([{ crit: ['exp'] }, { b64: false }])('signs nothing with %j in its header', async (header) => {
    expect(await outcome(signCompact(payload, signer(), header))).toBe('ERR_CONFIG')
  })

  it('looks at no token that is larger than it is told', async () => {
    const token = await signCompact(payload, signer())
    const maxBytes = token.length - 1
    expect(await outcome(verifyCompact(token, verifier(), { alg, maxBytes }))).toBe('too_large')
    expect(await outcome(verifyCompact(token, verifier(), { alg, maxBytes: token.length }))).toBe('accepted')
  })

  it.each<[string, Jwk]>([
    ['use enc', { use: 'enc' }],
    ['key_ops verify', { key_ops: ['verify'] }],
    ['another alg', { alg: 'HS256' }],
  ])('signs nothing with a key with %s, which would not verify it', async (_, change) => {
    expect(await outcome(signCompact(payload, { ...signer(), ...change }))).toBe('ERR_CONFIG')
  })

  it('signs with a key with key_ops sign, and says which its key_ops lack', async () => {
    const token = await signCompact(payload, { ...signer(), key_ops: ['sign'] })
    expect(await outcome(verifyCompact(token, verifier(), { alg }))).toBe('accepted')
    await expect(signCompact(payload, { ...signer(), key_ops: ['verify'] })).rejects.toThrow(
      'the key is not usable: its key_ops lack sign',
    )
  })

  it.each<[string, Jwk, string]>([
    ['use enc', { use: 'enc' }, 'ERR_CONFIG'],
    ['use sig', { use: 'sig' }, 'accepted'],
    ['key_ops sign', { key_ops: ['sign'] }, 'ERR_CONFIG'],
    ['key_ops that are text', { key_ops: 'verify' }, 'ERR_CONFIG'],
    ['key_ops verify', { key_ops: ['verify'] }, 'accepted'],
    ['another alg', { alg: 'ES256' }, 'ERR_CONFIG'],
    ['an alg that is no text', { alg: 7 }, 'ERR_CONFIG'],
    ['its own alg', { alg }, 'accepted'],
    ['another kty', { kty: 'RSA' }, 'ERR_CONFIG'],
  ])('judges a key with %s: %s', async (_, change, expected) => {
    const token = await signCompact(payload, signer())
    expect(await outcome(verifyCompact(token, { ...verifier(), ...change }, { alg }))).toBe(expected)
  })
})

describe('an Ed25519 key', () => {
  it.each<[string, (jwk: Jwk) => Jwk]>([
    ['of another curve', (jwk) => ({ ...jwk, crv: 'X25519' })],
    ['that is private', (jwk) => ({ ...jwk, d: jwk.x })],
    ['without a point', ({ kty, crv }) => ({ kty, crv })],
    ['whose point is padded', (jwk) => ({ ...jwk, x: `${String(jwk.x)}=` })],
    ['of small order', (jwk) => ({ ...jwk, x: 'A'.repeat(43) })],
  ])('%s verifies nothing', async (_, change) => {
    const token = await signCompact(payload, privateJwk)
    expect(await outcome(verifyCompact(token, change(publicJwk), { alg: 'EdDSA' }))).toBe('ERR_CONFIG')
  })

  it('reads a key by either name of its algorithm (RFC 9864)', async () => {
    for (const alg of ['EdDSA', 'Ed25519']) {
      const token = await signCompact(payload, { ...privateJwk, alg })
      expect(await outcome(verifyCompact(token, { ...publicJwk, alg }, { alg: 'EdDSA' }))).toBe('accepted')
    }
  })

  it('signs only when it is whole and its halves belong together', async () => {
    const { d } = await makePair()
    for (const jwk of [publicJwk, { ...privateJwk, d }, { ...privateJwk, kid: '' }]) {
      expect(await outcome(signCompact(payload, jwk))).toBe('ERR_CONFIG')
    }
  })

  it.each<[words: string, change: (jwk: Jwk) => Jwk]>([
    ['the key is not usable: its nbf is not a time in seconds', (jwk) => ({ ...jwk, nbf: '1800000000' })],
    ['the key is not usable: its nbf is not a time in seconds', (jwk) => ({ ...jwk, nbf: 'Infinity' })],
    ['the key is not usable: its exp is not a time in seconds', (jwk) => ({ ...jwk, exp: '1800000000' })],
    ['the key is not usable: its exp is not a time in seconds', (jwk) => ({ ...jwk, exp: '' })],
    ['the key is not usable: its exp is not a time in seconds', (jwk) => ({ ...jwk, exp: null })],
  ])('whose times are text signs nothing: %s', async (words, change) => {
    const signing = signCompact(payload, change(privateJwk))
    await expect(signing).rejects.toMatchObject({ name: 'ConfigError', message: words })
  })

  it('may come as the whole output of kit-keygen to sign, and never to verify', async () => {
    const output = {
      publicJwk: { ...publicJwk, alg: 'EdDSA', use: 'sig' },
      privateJwk: { ...privateJwk, nbf: 0 },
    }
    const token = await signCompact(payload, output)
    expect((await verifyCompact(token, output.publicJwk, { alg: 'EdDSA' })).payload).toEqual(payload)
    await expect(verifyCompact(token, output, { alg: 'EdDSA' })).rejects.toMatchObject({
      name: 'ConfigError',
      message: 'the key is not usable: it is not an Ed25519 key (kty OKP, crv Ed25519)',
    })
  })

  it('writes its kid, which another header cannot replace', async () => {
    const token = await signCompact(payload, privateJwk, { kid: 'two' })
    expect((await verifyCompact(token, publicJwk, { alg: 'EdDSA' })).header.kid).toBe('one')
  })
})

describe('a secret', () => {
  it.each<[string, unknown]>([
    ['of 63 bytes', encodeBase64Url(new Uint8Array(63))],
    ['that is no base64url', '!'.repeat(90)],
    ['that is no text', 7],
    ['that is missing', undefined],
  ])('%s neither signs nor verifies (RFC 7518 §3.2)', async (_, k) => {
    const token = await signCompact(payload, secret)
    expect(await outcome(signCompact(payload, { kty: 'oct', k }))).toBe('ERR_CONFIG')
    expect(await outcome(verifyCompact(token, { kty: 'oct', k }, { alg: 'HS512' }))).toBe('ERR_CONFIG')
  })

  it('of 64 bytes and of more does both', async () => {
    for (const bytes of [64, 65, 128]) {
      const jwk = { kty: 'oct', k: encodeBase64Url(new Uint8Array(bytes).fill(1)) }
      const token = await signCompact(payload, jwk)
      expect(await outcome(verifyCompact(token, jwk, { alg: 'HS512' }))).toBe('accepted')
    }
  })
})

const NOT_ED25519 = 'the key is not usable: it is not an Ed25519 key (kty OKP, crv Ed25519)'

describe('a rejection says what is wrong', () => {
  it.each<[words: string, change: (publicJwk: Jwk, privateJwk: Jwk) => Jwk]>([
    [NOT_ED25519, () => secret],
    [NOT_ED25519, () => null as never],
    [NOT_ED25519, () => [] as never],
    ['the key is not usable: its use is not sig', (jwk) => ({ ...jwk, use: 'enc' })],
    ['the key is not usable: its key_ops lack verify', (jwk) => ({ ...jwk, key_ops: ['sign'] })],
    ['the key is not usable: its alg is not EdDSA', (jwk) => ({ ...jwk, alg: 'ES256' })],
    [NOT_ED25519, (jwk) => ({ ...jwk, crv: 'X25519' })],
    ['the key is not usable: it is a private key', (_, jwk) => jwk],
    ['the key is not usable: it is a private key', (jwk) => ({ ...jwk, k: 'AAAA' })],
    ['the key is not usable: its x is not 32 bytes in canonical base64url', (jwk) => ({ ...jwk, x: 'AAAA' })],
    [
      'the key is not usable: its point is of small order, or not canonical',
      (jwk) => ({ ...jwk, x: 'A'.repeat(43) }),
    ],
  ])('with the key to verify with: %s', async (words, change) => {
    const token = await signCompact(payload, privateJwk)
    await expect(verifyCompact(token, change(publicJwk, privateJwk), { alg: 'EdDSA' })).rejects.toThrow(words)
  })

  it.each<[words: string, jwk: (publicJwk: Jwk, privateJwk: Jwk, stranger: string) => Jwk]>([
    ['the key is not usable: it is a public key', (jwk) => jwk],
    ['the key is not usable: its d is not 32 bytes in canonical base64url', (_, jwk) => ({ ...jwk, d: '' })],
    ['the key is not usable: it has no kid', (_, jwk) => ({ ...jwk, kid: undefined })],
    ['the key is not usable: its halves do not belong together', (_, jwk, d) => ({ ...jwk, d })],
    // 2 is no y of a point on the curve: some runtimes import it, some do not.
    [
      'the key is not usable: its halves do not belong together',
      (_, jwk) => ({ ...jwk, x: encodeBase64Url(Uint8Array.of(2, ...new Uint8Array(31))) }),
    ],
    ['the key is not usable: its k is not 64 or more bytes', () => ({ kty: 'oct', k: 'AAAA' })],
  ])('with the key to sign with: %s', async (words, jwk) => {
    const { d } = await makePair()
    await expect(signCompact(payload, jwk(publicJwk, privateJwk, d))).rejects.toThrow(words)
  })

  it('with the key to verify with, when it is no secret', async () => {
    const token = await signCompact(payload, secret)
    await expect(verifyCompact(token, publicJwk, { alg: 'HS512' })).rejects.toThrow(
      'the key is not usable: it is not a secret (kty oct)',
    )
  })

  it('with the header: crit and b64', async () => {
    await expect(signCompact(payload, secret, { crit: [] })).rejects.toThrow('the header has crit or b64')
  })

  it('with the token: its alg, or its signature', async () => {
    const verifying = async (token: string): Promise<unknown> =>
      verifyCompact(token, secret, { alg: 'HS512' })
    await expect(verifying(await signCompact(payload, privateJwk))).rejects.toMatchObject({
      reason: 'unsupported_alg',
      detail: 'only HS512 is accepted',
    })
    const token = await signCompact(payload, { kty: 'oct', k: encodeBase64Url(new Uint8Array(64)) })
    await expect(verifying(token)).rejects.toMatchObject({
      reason: 'bad_signature',
      detail: 'the signature does not match',
    })
  })
})

it('a token under a secret names no key', async () => {
  const token = await signCompact(payload, secret)
  const { header } = await verifyCompact(token, secret, { alg: 'HS512' })
  expect(header.members).toEqual({ alg: 'HS512' })
})

it('a secret, which has no kid of its own, leaves that of the caller’s header', async () => {
  const token = await signCompact(payload, secret, { kid: 'mine' })
  expect((await verifyCompact(token, secret, { alg: 'HS512' })).header.kid).toBe('mine')
})

it('a signature of the wrong length is not put before the runtime', async () => {
  const token = await signCompact(payload, secret)
  const calls = countCryptoCalls()
  const short = `${token.slice(0, token.lastIndexOf('.'))}.${encodeBase64Url(new Uint8Array(63))}`
  expect(await outcome(verifyCompact(short, secret, { alg: 'HS512' }))).toBe('bad_signature')
  expect(calls().verify).toBe(0)
  vi.restoreAllMocks()
})
