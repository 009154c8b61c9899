import { describe, expect, it } from 'vitest'
import { envMode, fingerprintOf, settingsFromEnv } from './config.ts'
import { ConfigError } from './errors.ts'

const SECRET = 'A'.repeat(86)
const base = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports' }
const service = { fetch: () => Promise.resolve(new Response()) }
const store = { get: () => Promise.resolve('') }

/** The message of the ConfigError, or `accepted`. */
function problem(env: Record<string, unknown>): string {
  try {
    settingsFromEnv(env)
    return 'accepted'
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('settingsFromEnv', () => {
  it('reads every variable, as text or in its JSON type', () => {
    const text = settingsFromEnv({
      ...base,
      JWT_AUD: 'reports, admin',
      JWT_SECRET: SECRET,
      JWT_TTL_SECONDS: '600',
      JWT_MAX_TTL_SECONDS: '1200',
      JWT_LEEWAY: '5',
      JWT_TOKEN_CACHE_ENTRIES: '0',
    })
    const typed = settingsFromEnv({
      ...base,
      JWT_AUD: ['reports', 'admin'],
      JWT_SECRET: SECRET,
      JWT_TTL_SECONDS: 600,
      JWT_MAX_TTL_SECONDS: 1200,
      JWT_LEEWAY: 5,
      JWT_TOKEN_CACHE_ENTRIES: 0,
    })
    for (const settings of [text, typed]) {
      expect(settings).toMatchObject({
        audiences: ['reports', 'admin'],
        ttlSeconds: 600,
        maxTtlSeconds: 1200,
        leewaySeconds: 5,
        tokenCacheEntries: 0,
      })
    }
  })

  it('has the documented defaults', () => {
    expect(settingsFromEnv({ ...base, JWT_SECRET: SECRET })).toMatchObject({
      ttlSeconds: 900,
      maxTtlSeconds: 3600,
      leewaySeconds: 90,
      jwksTtlSeconds: 300,
      jwksMaxStaleSeconds: 900,
      jwksCooldownSeconds: 30,
      denylistOnError: 'closed',
      tokenCacheEntries: 1000,
      typ: 'JWT',
    })
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no issuer', { JWT_AUD: 'reports', JWT_SECRET: SECRET }, /JWT_ISS is not set/],
    ['an empty issuer', { ...base, JWT_ISS: '', JWT_SECRET: SECRET }, /JWT_ISS is not set/],
    ['no audience', { JWT_ISS: 'https://i', JWT_SECRET: SECRET }, /JWT_AUD is not set/],
    ['an audience of commas', { ...base, JWT_AUD: ' , ', JWT_SECRET: SECRET }, /JWT_AUD is not set/],
    ['no key at all', base, /no key to sign or to verify with: set JWT_PRIVATE_JWK_NAME/],
    ['a secret beside a private JWK', { ...base, JWT_SECRET: SECRET, JWT_PRIVATE_JWK: '{}' }, /both set/],
    [
      'a secret beside a JWKS service',
      { ...base, JWT_SECRET: SECRET, JWT_JWKS_SERVICE_NAME: 'G', G: service },
      /one algorithm/,
    ],
    ['a secret beside a public JWK', { ...base, JWT_SECRET: SECRET, JWT_PUBLIC_JWK: '{}' }, /one algorithm/],
    [
      'a secret beside a JWKS URL',
      { ...base, JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://a' },
      /one algorithm/,
    ],
    [
      'two sources',
      { ...base, JWT_PUBLIC_JWK: '{}', JWT_JWKS_URL: 'https://a' },
      /JWT_PUBLIC_JWK.* and JWT_JWKS_URL are both set/,
    ],
    [
      'a name that points at nothing',
      { ...base, JWT_SECRET_NAME: 'NOPE', JWT_SECRET: SECRET },
      /JWT_SECRET_NAME names NOPE, which is not set/,
    ],
    [
      'names of which none is set',
      { ...base, JWT_PRIVATE_JWK_NAME: 'A,B', A: '' },
      /names A, B, which are not set/,
    ],
    [
      'a binding name that points at nothing',
      { ...base, JWT_JWKS_SERVICE_NAME: 'GATEWAY' },
      /binding GATEWAY, which does not exist/,
    ],
    ['a binding that is a text', { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: 'x' }, /does not exist/],
    [
      'a binding without fetch',
      { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: {} },
      /JWT_JWKS_SERVICE_NAME is not a service binding/,
    ],
    ['an inherited name', { ...base, JWT_JWKS_SERVICE_NAME: 'constructor' }, /does not exist/],
    ['two names for one binding', { ...base, JWT_JWKS_SERVICE_NAME: 'A,B' }, /takes one name/],
    [
      'a secret name that is a service',
      { ...base, JWT_SECRET_NAME: 'G', G: { fetch: service.fetch } },
      /neither a string nor a Secrets Store binding/,
    ],
    [
      'a leeway too long',
      { ...base, JWT_SECRET: SECRET, JWT_LEEWAY: '301' },
      /JWT_LEEWAY must be a number from 0 to 300/,
    ],
    ['a leeway that is NaN', { ...base, JWT_SECRET: SECRET, JWT_LEEWAY: NaN }, /JWT_LEEWAY/],
    ['a leeway that is infinite', { ...base, JWT_SECRET: SECRET, JWT_LEEWAY: Infinity }, /JWT_LEEWAY/],
    ['a leeway in words', { ...base, JWT_SECRET: SECRET, JWT_LEEWAY: '1e2' }, /JWT_LEEWAY/],
    ['a negative TTL', { ...base, JWT_SECRET: SECRET, JWT_TTL_SECONDS: '-1' }, /JWT_TTL_SECONDS/],
    [
      'a TTL above the most',
      { ...base, JWT_SECRET: SECRET, JWT_TTL_SECONDS: 4000 },
      /JWT_TTL_SECONDS must be a number from 1 to 3600/,
    ],
    [
      'a pin that is no thumbprint',
      { ...base, JWT_PUBLIC_JWK: '{}', JWT_ALLOWED_THUMBPRINTS: 'abc' },
      /JWT_ALLOWED_THUMBPRINTS must be RFC 7638/,
    ],
    [
      'pins for a secret',
      { ...base, JWT_SECRET: SECRET, JWT_ALLOWED_THUMBPRINTS: 'A'.repeat(43) },
      /means nothing/,
    ],
    [
      'a deny-list that is no KV',
      { ...base, JWT_SECRET: SECRET, JWT_DENYLIST_NAME: 'K', K: {} },
      /not a KV namespace/,
    ],
    [
      'a word for the deny-list',
      { ...base, JWT_SECRET: SECRET, JWT_DENYLIST_ON_ERROR: 'maybe' },
      /must be closed or open/,
    ],
  ])('refuses %s, naming the variable', (_, env, message) => {
    expect(problem(env)).toMatch(message)
  })

  it('never quotes a secret', () => {
    const env = { ...base, JWT_SECRET: SECRET, JWT_PRIVATE_JWK: `{"d":"${SECRET}"}`, JWT_LEEWAY: 'x' }
    expect(problem(env)).not.toContain(SECRET)
  })

  it('reads a Secrets Store binding by role, whatever its shape', () => {
    const settings = settingsFromEnv({ ...base, JWT_SECRET_NAME: 'S', S: store })
    expect(settings.sign?.values).toEqual([{ name: 'S (named by JWT_SECRET_NAME)', binding: store }])
  })
})

describe('envMode', () => {
  it.each<[string, 'producer' | 'consumer', Record<string, unknown>]>([
    ['EdDSA', 'producer', { JWT_PRIVATE_JWK: '{}' }],
    ['EdDSA', 'producer', { JWT_PRIVATE_JWK_NAME: 'K' }],
    ['HS512', 'producer', { JWT_SECRET: 'x' }],
    ['HS512', 'producer', { JWT_SECRET_NAME: 'S' }],
    ['HS512', 'consumer', { JWT_SECRET: 'x' }],
    ['EdDSA', 'consumer', { JWT_PUBLIC_JWK: {} }],
    ['EdDSA', 'consumer', { JWT_JWKS_SERVICE_NAME: 'G' }],
    ['EdDSA', 'consumer', { JWT_JWKS_URL: 'https://a' }],
    ['EdDSA', 'consumer', { JWT_PRIVATE_JWK: '{}' }],
  ])('chooses %s for a %s with %j', (mode, role, env) => {
    expect(envMode(env, role)).toBe(mode)
  })

  it.each<['producer' | 'consumer', Record<string, unknown>]>([
    ['producer', { JWT_PRIVATE_JWK: '{}', JWT_SECRET: 'x' }],
    ['consumer', { JWT_SECRET: 'x', JWT_JWKS_URL: 'https://a' }],
    ['consumer', { JWT_PUBLIC_JWK: '{}', JWT_JWKS_SERVICE_NAME: 'G' }],
    ['producer', { JWT_JWKS_URL: 'https://a' }],
    ['consumer', {}],
    ['consumer', { JWT_SECRET: '' }],
  ])('refuses for a %s: %j', (role, env) => {
    expect(() => envMode(env, role)).toThrow(ConfigError)
  })
})

describe('fingerprintOf', () => {
  it('is equal for equal values and the same bindings, whatever object carries them', () => {
    const env = { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: service }
    const one = fingerprintOf(env)
    const other = fingerprintOf(new Proxy({ ...env }, {}))
    expect(other).toEqual(one)
    expect(other.bindings[0]).toBe(service)
  })

  it('differs with a value, with a named secret, and with a binding', () => {
    const env = { ...base, JWT_SECRET_NAME: 'S', S: 'one' }
    expect(fingerprintOf({ ...env, JWT_AUD: 'x' }).text).not.toBe(fingerprintOf(env).text)
    expect(fingerprintOf({ ...env, S: 'two' }).text).not.toBe(fingerprintOf(env).text)
    const bound = { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: { ...service } }
    expect(fingerprintOf(bound).bindings[0]).not.toBe(service)
  })
})
