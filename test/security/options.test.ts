/** Class 22: options that look like something and switch a check off. TypeScript rejects most; plain JavaScript does not. */
import { ConfigError, createKit, generateSecret, type KitConfig, policy } from '@sealgate/kit'
import { createExternalVerifier, type ExternalVerifierConfig } from '@sealgate/kit/external'
import { describe, expect, it } from 'vitest'

const NO_LEEWAYS = ['90', '', true, null, Number.NaN, Infinity, -1, 301, [5], {}]
const NO_NAMES = ['', null, 7, [], {}, /.*/, ['a', ''], [/.*/]]

const CONFIG: KitConfig = { issuer: 'a', audience: 'b', sign: { secret: generateSecret() } }
const EXTERNAL: ExternalVerifierConfig = {
  issuer: 'https://a.test/',
  audience: 'b',
  jwksUri: 'https://a.test/jwks',
  algorithms: ['RS256'],
}

describe('a check cannot be weakened', () => {
  const kit = createKit(CONFIG)

  it.each(NO_LEEWAYS)('by the leeway %j of one verification', async (leewaySeconds) => {
    const token = await createKit({ ...CONFIG, now: () => Date.now() / 1000 + 3000 }).sign({ sub: 'a' })
    const options = { leewaySeconds: leewaySeconds as number }
    await expect(async () => kit.safeVerify(token, options)).rejects.toThrow(ConfigError)
    expect(() => policy().base(options)).toThrow(ConfigError)
  })

  it.each(NO_NAMES)('by the audience %j of one verification', async (aud) => {
    const token = await kit.sign({ sub: 'a' })
    await expect(async () => kit.safeVerify(token, { aud: aud as string })).rejects.toThrow(ConfigError)
  })

  it.each(NO_NAMES)('by the issuer %j of one verification', async (iss) => {
    const token = await kit.sign({ sub: 'a' })
    await expect(async () => kit.safeVerify(token, { iss: iss as string })).rejects.toThrow(ConfigError)
  })

  it.each(NO_NAMES)('by %j for issuer or audience of a whole verifier', (name) => {
    expect(() => createKit({ ...CONFIG, issuer: name as string })).toThrow(ConfigError)
    expect(() => createKit({ ...CONFIG, audience: name as string })).toThrow(ConfigError)
    expect(() => createExternalVerifier({ ...EXTERNAL, issuer: name as string })).toThrow(ConfigError)
    expect(() => createExternalVerifier({ ...EXTERNAL, audience: name as string })).toThrow(ConfigError)
  })

  it.each([true, null, Number.NaN, Infinity, -1, 'soon', [5], {}])(
    'by %j for the times of a whole verifier',
    (value) => {
      const seconds = value as number
      expect(() => createExternalVerifier({ ...EXTERNAL, leewaySeconds: seconds })).toThrow(ConfigError)
      for (const name of ['ttlSeconds', 'maxStaleSeconds', 'cooldownSeconds']) {
        const jwksCache = { [name]: seconds }
        expect(() => createExternalVerifier({ ...EXTERNAL, jwksCache })).toThrow(ConfigError)
        expect(() => createKit({ ...CONFIG, jwksCache })).toThrow(ConfigError)
      }
      for (const name of ['leewaySeconds', 'maxTtlSeconds', 'ttlSeconds']) {
        expect(() => createKit({ ...CONFIG, [name]: seconds })).toThrow(ConfigError)
      }
    },
  )
})

// RFC 7517 §5: a key out of range is none. The token picks the key by its kid, so whoever sends it picks this one.
describe('a key of an issuer that no runtime imports', () => {
  it.each([
    ['ES256', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['ES384', { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) }],
    ['RS256', { kty: 'RSA', n: '_'.repeat(341) + 'w', e: 'AQAB' }],
    ['EdDSA', { kty: 'OKP', crv: 'Ed25519', x: 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI' }],
  ] as const)('%s: its tokens are rejected, and nothing is thrown', async (alg, jwk) => {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${encode({ alg, kid: 'bad' })}.${encode({})}.${'A'.repeat(86)}`
    const verifier = createExternalVerifier({
      ...EXTERNAL,
      algorithms: [alg],
      fetch: () => Promise.resolve(Response.json({ keys: [{ ...jwk, kid: 'bad' }] })),
      onEvent: () => undefined,
    })
    expect(await verifier.safeVerify(token)).toMatchObject({ ok: false, reason: 'bad_signature' })
  })
})
