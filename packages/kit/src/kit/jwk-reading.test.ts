/**
 * One JWK, one reading: what a kit signs with a key is accepted by every other reader of that key, and a set of keys means
 * the same wherever it comes from.
 */
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyCompact as verifyExternal } from '../external.ts'
import { ExternalVerifier } from '../external/external-verifier.ts'
import { ConfigError, createKit, type Jwk, type Kit } from '../index.ts'
import { signCompact, verifyCompact } from '../jws.ts'

const ISSUER = 'https://issuer.test'
const base = { issuer: ISSUER, audience: 'orders', onEvent: () => undefined }

/** A pair without `alg`, `use` and `key_ops`: what a JWK must say. */
interface Pair {
  readonly publicJwk: Jwk
  readonly privateJwk: Jwk
}

async function makePair(kid: string): Promise<Pair> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid }
  return { publicJwk, privateJwk: { ...publicJwk, d } }
}

let one: Pair
let other: Pair
let impostor: Pair
beforeAll(async () => {
  ;[one, other, impostor] = await Promise.all([makePair('a'), makePair('b'), makePair('a')])
})

const serving = (set: () => unknown) => ({ fetch: () => Promise.resolve(Response.json(set())) })

describe('a pair of keys', () => {
  const spellings: readonly Jwk[] = [
    {},
    { alg: 'EdDSA', use: 'sig' },
    // As WebCrypto exports it, on Node with its alg.
    { alg: 'Ed25519', ext: true, key_ops: ['sign', 'verify'] },
  ]
  const pairs = spellings.flatMap((ofPrivate) => spellings.map((ofPublic) => [ofPrivate, ofPublic] as const))

  it.each(pairs)('with %j signs what every reader of it with %j accepts', async (ofPrivate, ofPublic) => {
    const privateJwk = { ...one.privateJwk, ...ofPrivate }
    const publicJwk = { ...one.publicJwk, ...ofPublic }
    const signer = createKit({ ...base, sign: { privateJwk } })
    const token = await signer.sign({ sub: 'job' })
    const published = await signer.jwks()
    const readers: Record<string, Kit> = {
      own: signer,
      inline: createKit({ ...base, verify: { publicJwk } }),
      'inline set': createKit({ ...base, verify: { publicJwk: { keys: [publicJwk] } } }),
      'what it publishes': createKit({ ...base, verify: { jwksService: serving(() => published) } }),
      'a JWKS service': createKit({
        ...base,
        verify: { jwksService: serving(() => ({ keys: [publicJwk] })) },
      }),
      'a JWKS URL': createKit({
        ...base,
        verify: { jwksUrl: 'https://a.test/jwks' },
        fetch: serving(() => ({ keys: [publicJwk] })).fetch,
      }),
    }
    for (const [name, kit] of Object.entries(readers))
      expect([name, await kit.safeVerify(token)]).toMatchObject([name, { ok: true }])
    await expect(verifyCompact(token, publicJwk, { alg: 'EdDSA' })).resolves.toBeDefined()
    await expect(verifyExternal(token, publicJwk, { algorithms: ['EdDSA'] })).resolves.toBeDefined()
    await expect(jwtVerify(token, createLocalJWKSet({ keys: [...published.keys] }))).resolves.toBeDefined()
    const bytes = await signCompact(new Uint8Array(3), privateJwk)
    await expect(verifyCompact(bytes, publicJwk, { alg: 'EdDSA' })).resolves.toBeDefined()
  })

  it.each<[names: readonly string[], jwk: Jwk]>([
    [['EdDSA', 'Ed25519'], {}],
    [['EdDSA'], { alg: 'EdDSA' }],
    [['EdDSA', 'Ed25519'], { alg: 'Ed25519' }],
  ])('accepts the header values %j where its JWK says %j, whoever reads it', async (names, more) => {
    const publicJwk = { ...one.publicJwk, ...more }
    const key = await importJWK({ ...one.privateJwk }, 'EdDSA')
    for (const alg of ['EdDSA', 'Ed25519']) {
      const token = await new SignJWT({ sub: 'job', aud: 'orders', iss: ISSUER })
        .setProtectedHeader({ alg, kid: 'a' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(key)
      const isAccepted = async (reading: Promise<unknown>): Promise<boolean> =>
        reading.then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ reason: 'unsupported_alg' })
            return false
          },
        )
      const kits = [
        createKit({ ...base, verify: { publicJwk } }),
        createKit({ ...base, verify: { jwksService: serving(() => ({ keys: [publicJwk] })) } }),
        createKit({ ...base, sign: { privateJwk: { ...one.privateJwk, ...more } } }),
      ]
      const verdicts = [
        ...(await Promise.all(kits.map((kit) => kit.safeVerify(token)))).map(({ ok }) => ok),
        await isAccepted(verifyCompact(token, publicJwk, { alg: 'EdDSA' })),
        await isAccepted(verifyExternal(token, publicJwk, { algorithms: ['EdDSA', 'Ed25519'] })),
      ]
      expect(verdicts).toEqual(verdicts.map(() => names.includes(alg)))
    }
  })

  it.each<[what: string, jwk: Jwk]>([
    ['another alg', { alg: 'ES256' }],
    ['another use', { use: 'enc' }],
    ['key_ops for something else', { key_ops: ['deriveBits'] }],
  ])('with %s neither signs nor verifies', async (_, more) => {
    const [privateJwk, publicJwk] = [
      { ...one.privateJwk, ...more },
      { ...one.publicJwk, ...more },
    ]
    const token = await signCompact(new Uint8Array(3), one.privateJwk)
    expect(() => createKit({ ...base, sign: { privateJwk } })).toThrow(ConfigError)
    expect(() => createKit({ ...base, verify: { publicJwk } })).toThrow(ConfigError)
    await expect(signCompact(new Uint8Array(3), privateJwk)).rejects.toThrow(ConfigError)
    await expect(verifyCompact(token, publicJwk, { alg: 'EdDSA' })).rejects.toThrow(ConfigError)
    await expect(verifyExternal(token, publicJwk, { algorithms: ['EdDSA'] })).rejects.toThrow(ConfigError)
  })
})

describe.each<[source: string, verdict: (token: string, keys: readonly Jwk[]) => Promise<string>]>([
  [
    'inline',
    async (token, publicJwk) =>
      verdictOf(createKit({ ...base, verify: { publicJwk: { keys: publicJwk } } }), token),
  ],
  [
    'from a service',
    (token, keys) =>
      verdictOf(createKit({ ...base, verify: { jwksService: serving(() => ({ keys })) } }), token),
  ],
  [
    'from a URL',
    (token, keys) =>
      verdictOf(
        createKit({
          ...base,
          verify: { jwksUrl: 'https://a.test/jwks' },
          fetch: serving(() => ({ keys })).fetch,
        }),
        token,
      ),
  ],
  [
    'of another issuer',
    (token, keys) =>
      verdictOf(
        new ExternalVerifier({
          ...base,
          jwksUri: 'https://a.test/jwks',
          algorithms: ['EdDSA'],
          fetch: serving(() => ({ keys })).fetch,
        }),
        token,
      ),
  ],
  [
    'given to verifyCompact',
    (token, keys) =>
      verifyExternal(token, { keys }, { algorithms: ['EdDSA'] }).then(
        () => 'accepted',
        (error: unknown) => String((error as { reason?: string }).reason),
      ),
  ],
])('a set of keys %s', (_, verdict) => {
  const judge = async (keys: readonly Jwk[]): Promise<string> => {
    const token = await createKit({ ...base, sign: { privateJwk: one.privateJwk } }).sign({ sub: 'job' })
    // A set that is no use at all is said so when the kit is made, or is an outage.
    return verdict(token, keys).catch((error: unknown) => (error as Error).name)
  }

  it('counts a key once that is there twice, alone or beside another', async () => {
    const { publicJwk } = one
    for (const twin of [
      publicJwk,
      { ...publicJwk, use: 'sig' },
      { ...publicJwk, alg: 'EdDSA' },
      { ...publicJwk, alg: 'Ed25519' },
    ]) {
      expect(await judge([publicJwk, twin])).toBe('accepted')
      expect(await judge([twin, publicJwk, other.publicJwk, publicJwk])).toBe('accepted')
    }
  })

  it('uses neither of two different keys under one kid', async () => {
    const pair = [one.publicJwk, impostor.publicJwk]
    for (const keys of [pair, [...pair].reverse(), [...pair, one.publicJwk], [...pair, other.publicJwk]])
      expect(await judge(keys)).toMatch(/^(unknown_kid|ConfigError|KeysUnavailableError)$/)
  })
})

async function verdictOf(
  verifier: { safeVerify(token: string): Promise<{ readonly ok: boolean; readonly reason?: string }> },
  token: string,
): Promise<string> {
  const { ok, reason } = await verifier.safeVerify(token)
  return ok ? 'accepted' : String(reason)
}
