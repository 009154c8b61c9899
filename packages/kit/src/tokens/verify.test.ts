import { countCryptoCalls } from '../../../../test/support/crypto-calls.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALGORITHMS } from '../jose/algorithms.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { signCompact } from '../jws/compact-jws.ts'
import { VerificationKey } from '../keys/verification-key.ts'
import type { KeySource } from '../keys/key-source.ts'
import { checkBinding } from './request-binding.ts'
import { computeRequestHash } from './request-hash.ts'
import { type CheckRevocation, type Verified, TokenVerifier, type VerifySettings } from './verify.ts'

const NOW = 1_800_000_000
const SECRET = new Uint8Array(64).fill(7)
const CLAIMS = { iss: 'https://issuer.test', aud: 'reports', sub: 'user-1', iat: NOW, exp: NOW + 300 }

const secretKey = (fill = 7): VerificationKey => new VerificationKey('HS512', new Uint8Array(64).fill(fill))

interface Setup extends Partial<VerifySettings> {
  /** Runs at each look-up of a key. */
  readonly onFind?: () => void
  readonly keys?: readonly VerificationKey[]
  readonly checkRevocation?: CheckRevocation
  /** Default: that of the modules as they were loaded with this file. */
  readonly Class?: typeof TokenVerifier
}

function verifierOf({
  keys = [secretKey()],
  checkRevocation,
  onFind,
  Class = TokenVerifier,
  ...settings
}: Setup = {}): TokenVerifier {
  const source: KeySource = {
    find: () => {
      onFind?.()
      return keys
    },
    describe: () => ({ source: 'secret', kids: [] }),
  }
  return new Class(
    ALGORITHMS[keys[0]?.algorithm.alg ?? 'HS512'],
    source,
    {
      issuer: 'https://issuer.test',
      audiences: ['reports'],
      leewaySeconds: 90,
      maxTtlSeconds: 3600,
      typ: 'JWT',
      allowedThumbprints: new Set(),
      deniedThumbprints: new Set(),
      tokenCacheEntries: 10,
      now: () => NOW,
      ...settings,
    },
    checkRevocation,
    checkBinding,
  )
}

/** A token under the secret, whatever is in it. */
function signed(claims: unknown = {}, header: object = {}): Promise<string> {
  const payload = typeof claims === 'string' ? claims : JSON.stringify({ ...CLAIMS, ...(claims as object) })
  return signCompact(encodeUtf8(payload), jwk, { typ: 'JWT', ...header })
}
const jwk = { kty: 'oct', k: encodeBase64Url(SECRET) }

/** An Ed25519 key with its thumbprint, and a token that it signed. */
async function ed25519(): Promise<{
  readonly token: string
  readonly thumbprint: string
  readonly keyFor: (algs: readonly string[]) => VerificationKey
}> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x: string; d: string }
  const raw = new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer)
  const keyFor = (algs: readonly string[]): VerificationKey =>
    new VerificationKey('EdDSA', raw, { kid: 'key-1', x, algs })
  const { thumbprint = '' } = await keyFor([]).load()
  const payload = encodeUtf8(JSON.stringify(CLAIMS))
  const token = await signCompact(payload, { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'key-1' })
  return { token, thumbprint, keyFor }
}

/** Where the runtime verifies at once, so does the verifier: whatever comes of it, as a promise. */
async function soon<T>(doing: () => T | Promise<T>): Promise<T> {
  return doing()
}

afterEach(() => vi.restoreAllMocks())

describe('a token seen before', () => {
  it('is verified without a promise', async () => {
    const verifier = verifierOf()
    const token = await signed()
    const first = verifier.verify(token)
    expect(first).toBeInstanceOf(Promise)
    const { claims } = await first
    expect(verifier.verify(token)).toMatchObject({ claims })
  })

  it('has claims that are frozen to the bottom, in lists too', async () => {
    const token = await signed({ list: [{ deep: [1] }], deep: { deeper: {} }, none: null })
    const { claims } = await verifierOf().verify(token)
    const { list, deep } = claims as unknown as { list: [{ deep: unknown }]; deep: { deeper: unknown } }
    for (const part of [claims, list, list[0], list[0].deep, deep, deep.deeper]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('is verified anew when its key was replaced, and rejected when the new one did not sign it', async () => {
    const keys = [secretKey()]
    const verifier = verifierOf({ keys })
    const token = await signed()
    await verifier.verify(token)
    keys[0] = secretKey()
    const calls = countCryptoCalls()
    expect(await verifier.verify(token)).toMatchObject({ key: keys[0] })
    expect(calls().verify).toBe(1)
    keys[0] = secretKey(8)
    await expect(soon(() => verifier.verify(token))).rejects.toMatchObject({ reason: 'bad_signature' })
  })
})

describe('a look-up that verifies another token in the same turn', () => {
  it('does not lend its bytes to the first', async () => {
    let other: string | undefined
    const verifier = verifierOf({
      tokenCacheEntries: 0,
      onFind: () => {
        const token = other
        other = undefined
        if (token !== undefined) void verifier.verify(token)
      },
    })
    const good = await signed()
    await verifier.verify(good)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const forged = [header, payload.replace(/^./, 'f'), signature.replace(/^./g, 'A')].join('.')
    other = good
    await expect(soon(() => verifier.verify(forged))).rejects.toMatchObject({ reason: 'bad_signature' })
  })
})

describe('headers', () => {
  it('of verified tokens are shared, so nobody can change them', async () => {
    const verified = await verifierOf().verify(await signed({}, { extra: { a: 1 } }))
    expect(Object.isFrozen(verified.header.members)).toBe(true)
    expect(Object.isFrozen(verified.header.members['extra'])).toBe(true)
  })

  const headerOf = async (verifier: TokenVerifier, n: number): Promise<Verified['header']> =>
    (await verifier.verify(await signed({ jti: crypto.randomUUID() }, { n }))).header

  it('that verified are parsed once, the last 64 of them; the oldest goes first', async () => {
    const verifier = verifierOf()
    const first: Verified['header'][] = []
    for (let n = 0; n < 64; n++) first.push(await headerOf(verifier, n))
    // One that is known takes nobody's place.
    expect(await headerOf(verifier, 63)).toBe(first[63])
    expect(await headerOf(verifier, 0)).toBe(first[0])
    await headerOf(verifier, 64)
    expect(await headerOf(verifier, 1)).toBe(first[1])
    expect(await headerOf(verifier, 0)).not.toBe(first[0])
  })
})

describe('a rejection', () => {
  it('of a signature says that, and asks WebCrypto nothing about one of the wrong length', async () => {
    const verifier = verifierOf({ keys: [secretKey(8)] })
    const token = await signed()
    const rejected = { reason: 'bad_signature', detail: 'the signature does not match' }
    await expect(soon(() => verifier.verify(token))).rejects.toMatchObject(rejected)
    const calls = countCryptoCalls()
    const short = `${token.slice(0, token.lastIndexOf('.'))}.${encodeBase64Url(new Uint8Array(63))}`
    await expect(soon(() => verifier.verify(short))).rejects.toMatchObject(rejected)
    expect(calls()).toEqual({ verify: 0, sign: 0, digest: 0, importKey: 0 })
  })

  it.each(['[]', 'null', 'text', '"text"'])('of the payload %s, signed as it is', async (payload) => {
    await expect(soon(async () => verifierOf().verify(await signed(payload)))).rejects.toMatchObject({
      reason: 'malformed',
      detail: 'the payload is not a JSON object in UTF-8',
    })
  })

  it('for want of a key says why none was good', async () => {
    // Read anew: the words stand at the top of the module.
    vi.resetModules()
    const { TokenVerifier: Class } = await import('./verify.ts')
    const { token, thumbprint, keyFor } = await ed25519()
    const rows: [setup: Setup, token: string, reason: string, detail: string][] = [
      [{ keys: [secretKey(8)] }, await signed(), 'bad_signature', 'the signature does not match'],
      [{ keys: [keyFor(['Ed25519'])] }, token, 'unsupported_alg', 'the key is for another alg'],
      [
        { keys: [keyFor(['EdDSA']), keyFor(['Ed25519'])], deniedThumbprints: new Set([thumbprint]) },
        token,
        'denied_key',
        'the key is denied, or is not among the allowed ones',
      ],
    ]
    for (const [setup, rejected, reason, detail] of rows) {
      const verifier = verifierOf({ ...setup, Class })
      await expect(soon(() => verifier.verify(rejected))).rejects.toMatchObject({ reason, detail })
    }
  })

  it('of an algorithm names the one that is taken', async () => {
    const { token } = await ed25519()
    expect(() => verifierOf().verify(token)).toThrow('unsupported_alg: this kit accepts HS512 alone')
  })

  it('of another typ than is expected: a missing one counts as JWT and as nothing else', async () => {
    const verifier = verifierOf()
    const bare = await signed({}, { typ: undefined })
    await expect(soon(() => verifier.verify(bare))).resolves.toMatchObject({ header: { typ: undefined } })
    const rejected = 'wrong_type: the header has another typ'
    expect(() => verifier.verify(bare, { typ: 'at+jwt' })).toThrow(rejected)
    const token = await signed({}, { typ: 'at+jwt' })
    expect(() => verifier.verify(token)).toThrow(rejected)
    await expect(soon(() => verifier.verify(token, { typ: 'at+jwt' }))).resolves.toBeDefined()
  })
})

describe('a key', () => {
  it('for another name of the algorithm than the header’s verifies nothing (RFC 9864)', async () => {
    const { token, keyFor } = await ed25519()
    await expect(
      soon(() => verifierOf({ keys: [keyFor(['EdDSA'])], typ: 'JWT' }).verify(token)),
    ).resolves.toBeDefined()
    await expect(soon(() => verifierOf({ keys: [keyFor(['Ed25519'])] }).verify(token))).rejects.toMatchObject(
      {
        reason: 'unsupported_alg',
        detail: 'the key is for another alg',
      },
    )
    const keys = [keyFor(['Ed25519']), keyFor(['EdDSA'])]
    await expect(soon(() => verifierOf({ keys }).verify(token))).resolves.toBeDefined()
  })

  it('that is denied ends nothing but its own tokens', async () => {
    const [one, other] = await Promise.all([ed25519(), ed25519()])
    const keys = [one.keyFor(['EdDSA']), other.keyFor(['EdDSA'])]
    const denying = verifierOf({ keys, deniedThumbprints: new Set([one.thumbprint]) })
    await expect(soon(() => denying.verify(other.token))).resolves.toMatchObject({
      thumbprint: other.thumbprint,
    })
    const rejected = {
      reason: 'denied_key',
      detail: 'the key is denied, or is not among the allowed ones',
    }
    await expect(soon(() => denying.verify(one.token))).rejects.toMatchObject(rejected)
    const allowing = verifierOf({ keys, allowedThumbprints: new Set([other.thumbprint]) })
    await expect(soon(() => allowing.verify(other.token))).resolves.toBeDefined()
    await expect(soon(() => allowing.verify(one.token))).rejects.toMatchObject(rejected)
  })

  it('that is a secret has no thumbprint to be allowed or revoked by', async () => {
    const checkRevocation = vi.fn(() => undefined)
    const verifier = verifierOf({ allowedThumbprints: new Set(['another']), checkRevocation })
    const { claims } = await verifier.verify(await signed())
    expect(checkRevocation).toHaveBeenCalledWith(claims, undefined)
  })

  it('is named to the deny-list, at every verification', async () => {
    const { token, thumbprint, keyFor } = await ed25519()
    const checkRevocation = vi.fn<CheckRevocation>(() => undefined)
    const verifier = verifierOf({ keys: [keyFor(['EdDSA'])], checkRevocation })
    await verifier.verify(token)
    await verifier.verify(token)
    expect(checkRevocation.mock.calls.map(([, asked]) => asked)).toEqual([thumbprint, thumbprint])
  })
})

describe('overrides', () => {
  it('stand in for the settings, one by one', async () => {
    const verifier = verifierOf()
    const late = await signed({ iat: NOW - 350, exp: NOW - 50 })
    await expect(soon(() => verifier.verify(late, { aud: 'reports' }))).resolves.toBeDefined()
    expect(() => verifier.verify(late, { leewaySeconds: 50 })).toThrow(/^expired/)
    expect(() => verifier.verify(late, { leewaySeconds: 0 })).toThrow(/^expired/)
    expect(verifier.verify(late, { leewaySeconds: 51 })).toMatchObject({ claims: { exp: NOW - 50 } })
    const foreign = await signed({ iss: 'https://other.test', aud: 'b' })
    const both = { iss: 'https://other.test', aud: ['a', 'b'] }
    await expect(soon(() => verifier.verify(foreign, both))).resolves.toBeDefined()
    expect(() => verifier.verify(foreign, { aud: 'b' })).toThrow(/^wrong_issuer/)
    expect(() => verifier.verify(foreign, { iss: 'https://other.test' })).toThrow(/^wrong_audience/)
    expect(() => verifier.verify(foreign, { ...both, aud: ['a'] })).toThrow(/^wrong_audience/)
  })

  it('cannot prolong the longest lifetime', async () => {
    const token = await signed({ exp: NOW + 3601 })
    await expect(soon(() => verifierOf().verify(token, { leewaySeconds: 300 }))).rejects.toMatchObject({
      reason: 'too_old',
    })
  })
})

describe('a request', () => {
  const request = (path: string): Request => new Request(`https://reports.test${path}`)

  it('that a token is bound to must be there and be the one', async () => {
    const verifier = verifierOf()
    const bound = await signed({ req: await computeRequestHash(request('/a')) })
    const free = await signed()
    const typ = 'JWT'
    await expect(soon(() => verifier.verify(bound, { typ, request: request('/a') }))).resolves.toBeDefined()
    for (const [token, options, detail] of [
      [bound, { typ }, 'it is bound to a request'],
      [bound, { typ, request: request('/b') }, 'it is bound to another request'],
      [free, { typ, request: request('/a') }, 'it is bound to no request'],
    ] as const) {
      await expect(soon(() => verifier.verify(token, options))).rejects.toMatchObject({
        reason: 'request_mismatch',
        detail,
      })
    }
  })
})
