/**
 * The tables as such. They are read anew in each test: what stands at the top of a module is otherwise decided before a
 * test begins.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'

beforeEach(() => {
  vi.resetModules()
})

/** What the environment, an option and a half of the kit have to do with each setting; and its default and bounds. */
const ROWS: [
  name: string,
  variable: string | undefined,
  option: string,
  role: string,
  numbers?: [fallback: number, min: number, max: number],
][] = [
  ['issuer', 'JWT_ISS', 'issuer', 'both'],
  ['audiences', 'JWT_AUD', 'audience', 'both'],
  ['maxTtlSeconds', 'JWT_MAX_TTL_SECONDS', 'maxTtlSeconds', 'both', [3600, 1, 86_400]],
  ['leewaySeconds', 'JWT_LEEWAY', 'leewaySeconds', 'consumer', [90, 0, 300]],
  ['typ', undefined, 'typ', 'both'],
  ['jwksTtlSeconds', 'JWT_JWKS_CACHE_TTL_SECONDS', 'jwksCache.ttlSeconds', 'consumer', [300, 1, 86_400]],
  [
    'jwksMaxStaleSeconds',
    'JWT_JWKS_MAX_STALE_SECONDS',
    'jwksCache.maxStaleSeconds',
    'consumer',
    [900, 0, 86_400],
  ],
  ['jwksCooldownSeconds', undefined, 'jwksCache.cooldownSeconds', 'consumer', [30, 1, 3600]],
  ['allowedThumbprints', 'JWT_ALLOWED_THUMBPRINTS', 'allowedThumbprints', 'consumer'],
  ['deniedThumbprints', 'JWT_DENIED_THUMBPRINTS', 'deniedThumbprints', 'consumer'],
  ['denylist', 'JWT_DENYLIST_NAME', 'denylist', 'both'],
  ['tokenCacheEntries', 'JWT_TOKEN_CACHE_ENTRIES', 'tokenCacheEntries', 'consumer', [1000, 0, 100_000]],
  ['logLevel', 'LOG_LEVEL', 'logLevel', 'both'],
  ['logHashKey', 'LOG_HASH_KEY', 'logHashKey', 'both'],
  ['denylistOnError', 'JWT_DENYLIST_ON_ERROR', 'denylistOnError', 'consumer'],
  ['approvals', 'JWT_APPROVALS_NAME', 'approvals', 'consumer'],
  ['ttlSeconds', 'JWT_TTL_SECONDS', 'ttlSeconds', 'producer', [900, 1, 3600]],
  ['kid', 'JWT_KID', 'kid', 'producer'],
  ['exchangeService', 'JWT_EXCHANGE_SERVICE_NAME', 'exchangeService', 'consumer'],
]

describe('the table of settings', () => {
  it('has these rows, in this order', async () => {
    const { SETTINGS } = await import('./schema.ts')
    expect(
      Object.entries(SETTINGS).map(([name, { variable, option, role }]) => [name, variable, option, role]),
    ).toEqual(ROWS.map(([name, variable, option, role]) => [name, variable, option, role]))
  })

  it('says which variables name a binding, and which text is a list', async () => {
    const { SETTINGS } = await import('./schema.ts')
    const rows = Object.entries(SETTINGS)
    expect(rows.flatMap(([name, { via }]) => (via === 'binding' ? [name] : []))).toEqual([
      'denylist',
      'approvals',
      'exchangeService',
    ])
    expect(rows.flatMap(([name, { isList }]) => (isList === true ? [name] : []))).toEqual(['audiences'])
  })

  it.each(ROWS.flatMap(([name, , , , numbers]) => (numbers ? [[name, ...numbers] as const] : [])))(
    'reads %s: %d by default, from %d to %d',
    async (name, fallback, min, max) => {
      const { SETTINGS } = await import('./schema.ts')
      const row = Object.entries(SETTINGS).find(([one]) => one === name)?.[1]
      if (!row) throw new Error(`there is no row ${name}`)
      const read = (value: unknown): unknown => row.read(value, 'LABEL', {})
      expect([read(undefined), read(min), read(max), read(String(max))]).toEqual([fallback, min, max, max])
      for (const value of [min - 1, max + 1, 'x']) {
        expect(() => read(value)).toThrow(`LABEL must be a whole number from ${min} to ${max}`)
      }
    },
  )

  it('bounds the lifetime of a token by the longest one', async () => {
    const { SETTINGS } = await import('./schema.ts')
    const { read } = SETTINGS.ttlSeconds
    expect(read(undefined, 'LABEL', { maxTtlSeconds: 60 })).toBe(60)
    expect(read(undefined, 'LABEL', { maxTtlSeconds: 7200 })).toBe(900)
    expect(() => read(61, 'LABEL', { maxTtlSeconds: 60 })).toThrow('from 1 to 60')
  })

  it('reads texts and words, with an example for what is missing', async () => {
    const { SETTINGS } = await import('./schema.ts')
    expect(() => SETTINGS.issuer.read(undefined, 'LABEL', {})).toThrow(
      'LABEL is not set: set it to the issuer of your tokens, for example https://gateway.internal',
    )
    expect(SETTINGS.typ.read(undefined, 'LABEL', {})).toBe('JWT')
    expect(SETTINGS.typ.read('x+jwt', 'LABEL', {})).toBe('x+jwt')
    expect(() => SETTINGS.typ.read('', 'LABEL', {})).toThrow('a media type such as JWT')
    const { read } = SETTINGS.denylistOnError
    expect([read(undefined, 'LABEL', {}), read('closed', 'LABEL', {}), read('open', 'LABEL', {})]).toEqual([
      'closed',
      'closed',
      'open',
    ])
    expect(() => read('ajar', 'LABEL', {})).toThrow('LABEL must be closed or open')
    const { logLevel, logHashKey } = SETTINGS
    expect([logLevel.read(undefined, 'LABEL', {}), logLevel.read('warn', 'LABEL', {})]).toEqual([
      'info',
      'warn',
    ])
    expect([logHashKey.read('key', 'LABEL', {}), logHashKey.read({}, 'LABEL', {})]).toEqual([
      'key',
      undefined,
    ])
  })
})

it('the table of keys has these rows', async () => {
  const { KEYS } = await import('./schema.ts')
  expect(KEYS).toEqual({
    secret: { variable: 'JWT_SECRET', via: 'named', role: 'both' },
    privateJwk: { variable: 'JWT_PRIVATE_JWK', via: 'named', role: 'producer' },
    publicJwk: { variable: 'JWT_PUBLIC_JWK', via: 'named', role: 'consumer' },
    jwksService: { variable: 'JWT_JWKS_SERVICE_NAME', via: 'binding', role: 'consumer' },
    jwksUrl: { variable: 'JWT_JWKS_URL', via: 'value', role: 'consumer' },
  })
})

it('options are labelled by where they stand, in messages', async () => {
  const { settingsFromOptions } = await import('./from-options.ts')
  const { verifierSettingsFromOptions } = await import('./verifier-from-options.ts')
  const config = { issuer: 'i', audience: 'a' }
  expect(() => settingsFromOptions(config)).toThrow(
    'no key to sign or to verify with: set sign.privateJwk or sign.secret to sign, or one of verify.secret, verify.publicJwk, verify.jwksService, verify.jwksUrl to verify',
  )
  expect(() => verifierSettingsFromOptions(config, undefined)).toThrow(
    'no key to verify with: set one of verify.secret, verify.publicJwk, verify.jwksService, verify.jwksUrl',
  )
})

it.each([
  ['A', true],
  ['_', true],
  ['$', true],
  ['a_1$', true],
  ['k'.repeat(64), true],
  ['k'.repeat(65), false],
  ['1a', false],
  ['a-b', false],
  ['a b', false],
  ['-a', false],
  ['a\n', false],
])('%j is the name of a binding: %s', async (name, isOne) => {
  const { bindingOf } = await import('./bindings.ts')
  const bound = {}
  // A list, as white space at the ends of a text does not count.
  const read = (): unknown => bindingOf({ REFERENCE: [name], [name]: bound }, 'REFERENCE')
  if (isOne) expect(read()).toBe(bound)
  else expect(read).toThrow('REFERENCE must be the name of a binding, not what the binding holds')
})

it('an environment is read by these variables, and labelled by them in messages', async () => {
  const { envMode, fingerprintOf } = await import('./from-env.ts')
  expect(() => envMode({}, 'consumer')).toThrow(
    'no key to verify with: set one of JWT_SECRET_NAME or JWT_SECRET, JWT_PUBLIC_JWK_NAME or JWT_PUBLIC_JWK, JWT_JWKS_SERVICE_NAME, JWT_JWKS_URL',
  )
  expect(() => envMode({}, 'producer')).toThrow(
    'no key to sign with: set JWT_PRIVATE_JWK_NAME or JWT_PRIVATE_JWK, or JWT_SECRET_NAME or JWT_SECRET',
  )
  const plain = ROWS.flatMap(([, variable]) =>
    variable === undefined || variable.endsWith('_NAME') ? [] : [variable],
  )
  const env = Object.fromEntries(
    [...plain, 'JWT_SECRET', 'JWT_PUBLIC_JWK', 'JWT_JWKS_URL', 'JWT_PRIVATE_JWK'].map((name) => [
      name,
      `value of ${name}`,
    ]),
  )
  expect(fingerprintOf(env)).toEqual([
    ...Object.values(env).flatMap((value) => ['string', value]),
    ...Array.from({ length: 7 }, () => ['undefined', undefined]).flat(),
  ])
})
