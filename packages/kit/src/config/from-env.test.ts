import { describe, expect, it } from 'vitest'
import { envMode, fingerprintOf, misspeltVariables, settingsFromEnv } from './from-env.ts'
import { ConfigError } from '../errors.ts'
import { externalVerifier } from '../external/from-env.ts'
import { createKit } from '../kit/create-kit.ts'
import { makeKit } from '../kit/make-kit.ts'

const SECRET = 'A'.repeat(86)
const base = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports' }
const service = { fetch: () => Promise.resolve(new Response()), delegate: () => Promise.resolve('') }
const store = { get: () => Promise.resolve('') }
const kv = { get: () => Promise.resolve(new Map()), put: () => Promise.resolve() }
const bindings = {
  JWT_JWKS_SERVICE_NAME: 'GATEWAY',
  GATEWAY: service,
  JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE',
  EXCHANGE: service,
  JWT_DENYLIST_NAME: 'REVOKED',
  REVOKED: kv,
}
const named = (name: string) => ({ values: [{ name: `${name} (named by JWT_SECRET_NAME)` }] })

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
  it.each([
    ['JWT_SECRET_NAME', SECRET],
    ['JWT_SECRET_NAME', `JWT_SECRET_NEW,${SECRET.slice(0, 43)}-`],
    ['JWT_PRIVATE_JWK_NAME', `{"kty":"OKP","d":"${SECRET.slice(0, 43)}"}`],
    ['JWT_JWKS_SERVICE_NAME', 'https://gateway.example.com'],
  ])('does not quote what stands in %s in place of a name', (variable, value) => {
    const message = problem({ ...base, [variable]: value })
    expect(message).toBe(`${variable} must be the name of a binding, not what the binding holds`)
  })

  it('reads every variable, as text or in its JSON type', () => {
    const PIN = 'A'.repeat(43)
    const text = settingsFromEnv({
      ...base,
      ...bindings,
      JWT_AUD: 'reports, admin',
      JWT_TTL_SECONDS: '600',
      JWT_MAX_TTL_SECONDS: '1200',
      JWT_LEEWAY: ' 5 ',
      JWT_JWKS_CACHE_TTL_SECONDS: '60',
      JWT_JWKS_MAX_STALE_SECONDS: '0',
      JWT_ALLOWED_THUMBPRINTS: `${PIN}, ,${PIN}`,
      JWT_DENIED_THUMBPRINTS: PIN,
      JWT_DENYLIST_ON_ERROR: 'open',
      JWT_TOKEN_CACHE_ENTRIES: '0',
    })
    const typed = settingsFromEnv({
      ...base,
      ...bindings,
      JWT_AUD: ['reports', 'admin'],
      JWT_TTL_SECONDS: 600,
      JWT_MAX_TTL_SECONDS: 1200,
      JWT_LEEWAY: 5,
      JWT_JWKS_CACHE_TTL_SECONDS: 60,
      JWT_JWKS_MAX_STALE_SECONDS: 0,
      JWT_ALLOWED_THUMBPRINTS: [PIN],
      JWT_DENIED_THUMBPRINTS: [PIN],
      JWT_DENYLIST_ON_ERROR: 'open',
      JWT_TOKEN_CACHE_ENTRIES: 0,
    })
    for (const settings of [text, typed]) {
      expect(settings).toMatchObject({
        issuer: 'https://issuer.test',
        audiences: ['reports', 'admin'],
        ttlSeconds: 600,
        maxTtlSeconds: 1200,
        leewaySeconds: 5,
        sign: undefined,
        verify: { source: 'service', alg: 'EdDSA', service },
        exchangeService: service,
        jwksTtlSeconds: 60,
        jwksMaxStaleSeconds: 0,
        allowedThumbprints: new Set([PIN]),
        deniedThumbprints: new Set([PIN]),
        denylist: kv,
        denylistOnError: 'open',
        tokenCacheEntries: 0,
      })
    }
  })

  it.each<[what: string, env: Record<string, unknown>, settings: object]>([
    ['a JWKS URL', { JWT_JWKS_URL: 'https://a.test/jwks.json' }, { verify: { source: 'url' } }],
    [
      'a JWKS URL on loopback',
      { JWT_JWKS_URL: 'http://127.0.0.1:1/jwks.json' },
      { verify: { source: 'url' } },
    ],
    [
      'a name over a value',
      { JWT_SECRET_NAME: 'S', S: SECRET, JWT_SECRET: 'unused' },
      { verify: named('S') },
    ],
    [
      'a value when the name is empty',
      { JWT_SECRET_NAME: '', JWT_SECRET: SECRET },
      { sign: { alg: 'HS512' } },
    ],
    [
      'a private JWK beside a source of its own',
      { JWT_PRIVATE_JWK: {}, JWT_JWKS_URL: 'https://a.test/' },
      { sign: { alg: 'EdDSA' }, verify: { source: 'url' } },
    ],
    [
      'a list of secrets',
      { JWT_SECRET: 'one, two' },
      {
        sign: {
          values: [
            { name: 'JWT_SECRET', value: 'one' },
            { name: 'JWT_SECRET', value: 'two' },
          ],
        },
      },
    ],
    [
      'a private JWK as text, commas and all',
      { JWT_PRIVATE_JWK: '{"a":1,"b":2}' },
      { sign: { values: [{ name: 'JWT_PRIVATE_JWK', value: '{"a":1,"b":2}' }] } },
    ],
    [
      'a public JWK as text, commas and all',
      { JWT_PUBLIC_JWK: '{"a":1,"b":2}' },
      {
        sign: undefined,
        verify: { source: 'inline', value: { name: 'JWT_PUBLIC_JWK', value: '{"a":1,"b":2}' } },
      },
    ],
    [
      'a list of names of which one is set',
      { JWT_SECRET_NAME: 'A, B', A: null, B: SECRET },
      {
        sign: {
          values: [
            { name: 'A (named by JWT_SECRET_NAME)', value: undefined },
            { name: 'B (named by JWT_SECRET_NAME)', value: SECRET },
          ],
        },
      },
    ],
    ['an audience as text', { JWT_AUD: ' one ,, two ', JWT_SECRET: SECRET }, { audiences: ['one', 'two'] }],
    [
      'an audience as a JSON array in text',
      { JWT_AUD: ' ["one", "two, too"]', JWT_SECRET: SECRET },
      { audiences: ['one', 'two, too'] },
    ],
    [
      'names as a JSON array in text, behind white space',
      { JWT_SECRET_NAME: '\n["A", "B"]', A: SECRET, B: SECRET },
      { sign: { alg: 'HS512' } },
    ],
    ['names as an array', { JWT_SECRET_NAME: ['A', 'B'], A: SECRET, B: SECRET }, { sign: { alg: 'HS512' } }],
    [
      'thumbprints as a JSON array in text',
      { JWT_DENIED_THUMBPRINTS: `["${'A'.repeat(43)}"]`, JWT_SECRET: SECRET },
      { deniedThumbprints: new Set(['A'.repeat(43)]) },
    ],
    [
      'an issuer without the white space at its ends',
      { JWT_ISS: ' https://issuer.test\n', JWT_SECRET: SECRET },
      { issuer: 'https://issuer.test' },
    ],
    ['a private JWK alone', { JWT_PRIVATE_JWK: {} }, { sign: { alg: 'EdDSA' }, verify: { source: 'own' } }],
  ])('takes %s', (_, env, settings) => {
    expect(settingsFromEnv({ ...base, ...env })).toMatchObject(settings)
  })

  it.each([
    [
      'a security list that is set and names nothing',
      { JWT_ALLOWED_THUMBPRINTS: ',' },
      /^JWT_ALLOWED_THUMBPRINTS is set, but names nothing/,
    ],
    [
      'one that is white space',
      { JWT_DENIED_THUMBPRINTS: ' \n' },
      /^JWT_DENIED_THUMBPRINTS is set, but names nothing/,
    ],
    [
      'one that is an empty array',
      { JWT_ALLOWED_THUMBPRINTS: [] },
      /^JWT_ALLOWED_THUMBPRINTS is set, but names nothing/,
    ],
    [
      'one that is an empty array in text',
      { JWT_DENIED_THUMBPRINTS: '[]' },
      /^JWT_DENIED_THUMBPRINTS is set, but names nothing/,
    ],
    ['a secret that is commas alone', { JWT_SECRET: ' , ' }, /^JWT_SECRET is set, but holds nothing/],
    ['half a JSON array', { JWT_AUD: '["one"' }, /^JWT_AUD begins like a JSON array, but is none/],
    ['an issuer of white space', { JWT_ISS: ' \t' }, /^JWT_ISS is not set/],
    [
      'parts of a second',
      { JWT_TTL_SECONDS: '60.5' },
      /^JWT_TTL_SECONDS must be a whole number from 1 to 3600/,
    ],
    ['parts of a second of leeway', { JWT_LEEWAY: 1.25 }, /^JWT_LEEWAY must be a whole number from 0 to 300/],
  ])('rejects %s', (_, env, message) => {
    expect(() => settingsFromEnv({ ...base, JWT_SECRET: SECRET, ...env })).toThrow(message)
  })

  it('has no variable for what is an option alone', () => {
    expect(settingsFromEnv({ ...base, JWT_SECRET: SECRET, undefined: 'x+jwt' }).typ).toBe('JWT')
  })

  it('never lets the default lifetime exceed the most', () => {
    expect(settingsFromEnv({ ...base, JWT_SECRET: SECRET, JWT_MAX_TTL_SECONDS: '60' }).ttlSeconds).toBe(60)
  })

  it.each([
    ['JWT_TTL_SECONDS', 1, 3600],
    ['JWT_MAX_TTL_SECONDS', 1, 86_400],
    ['JWT_LEEWAY', 0, 300],
    ['JWT_JWKS_CACHE_TTL_SECONDS', 1, 86_400],
    ['JWT_JWKS_MAX_STALE_SECONDS', 0, 86_400],
    ['JWT_TOKEN_CACHE_ENTRIES', 0, 100_000],
  ])('takes %s from %i to %i, and says so of anything else', (name, least, most) => {
    const env = { ...base, JWT_SECRET: SECRET }
    for (const value of [least, most, String(most), '']) {
      expect(problem({ ...env, [name]: value })).toBe('accepted')
    }
    for (const value of [least - 1, most + 1, '-1', '1e2', '0x10', 'five', NaN, Infinity, true, {}, null]) {
      const found = problem({ ...env, [name]: value })
      expect(found).toBe(
        value === null ? 'accepted' : `${name} must be a whole number from ${least} to ${most}`,
      )
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
    [
      'a secret name that points at nothing',
      { ...base, JWT_SECRET_NAME: 'NOPE' },
      /names NOPE, which is not set: put the secret there with: npx wrangler secret put NOPE$/,
    ],
    [
      'a name that is no text',
      { ...base, JWT_SECRET_NAME: 7, '7': SECRET },
      /^JWT_SECRET_NAME must be the name of a binding, not what the binding holds$/,
    ],
    ['a name of commas', { ...base, JWT_SECRET_NAME: ',' }, /^JWT_SECRET_NAME must be the name of a binding/],
    ['a binding that is null', { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: null }, /does not exist/],
    ['a binding that is a text', { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: 'x' }, /does not exist/],
    [
      'a binding without fetch',
      { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: {} },
      /JWT_JWKS_SERVICE_NAME is not a service binding/,
    ],
    ...['constructor', '__proto__'].map((name): [string, Record<string, unknown>, RegExp] => [
      `an inherited name: ${name}`,
      { ...base, JWT_JWKS_SERVICE_NAME: name },
      /does not exist/,
    ]),
    ['an inherited secret', { ...base, JWT_SECRET_NAME: '__proto__' }, /names __proto__, which is not set/],
    ['two names for one binding', { ...base, JWT_JWKS_SERVICE_NAME: 'A,B' }, /accepts one name/],
    [
      'a secret name that is a service',
      { ...base, JWT_SECRET_NAME: 'G', G: { fetch: service.fetch } },
      /neither a string nor a Secrets Store binding/,
    ],
    [
      'a TTL above the most',
      { ...base, JWT_SECRET: SECRET, JWT_TTL_SECONDS: 4000 },
      /JWT_TTL_SECONDS must be a whole number from 1 to 3600/,
    ],
    [
      'a pin that is no thumbprint',
      { ...base, JWT_PUBLIC_JWK: '{}', JWT_ALLOWED_THUMBPRINTS: 'abc' },
      /JWT_ALLOWED_THUMBPRINTS must be RFC 7638/,
    ],
    [
      'a denied key that is no thumbprint',
      { ...base, JWT_PUBLIC_JWK: '{}', JWT_DENIED_THUMBPRINTS: `${'A'.repeat(43)},x` },
      /JWT_DENIED_THUMBPRINTS must be RFC 7638 thumbprints \(43 characters\); see: npx kit-keygen thumbprint/,
    ],
    [
      'plain http to the JWKS',
      { ...base, JWT_JWKS_URL: 'http://a.test/' },
      /JWT_JWKS_URL must be an https URL/,
    ],
    [
      'credentials in the URL of the JWKS',
      { ...base, JWT_JWKS_URL: 'https://a:b@a.test/' },
      /JWT_JWKS_URL must be an https URL without credentials/,
    ],
    [
      'a kid that is no text',
      { ...base, JWT_SECRET: SECRET, JWT_KID: 7 },
      /^JWT_KID must be a string: the kid of your private key$/,
    ],
    ['an issuer that is no text', { ...base, JWT_ISS: 7, JWT_SECRET: SECRET }, /JWT_ISS must be a string/],
    [
      'an exchange service that is not bound',
      { ...base, JWT_SECRET: SECRET, JWT_EXCHANGE_SERVICE_NAME: 'E' },
      /JWT_EXCHANGE_SERVICE_NAME names the binding E, which does not exist: add it to wrangler.jsonc/,
    ],
    [
      'an exchange service that is another thing',
      { ...base, JWT_SECRET: SECRET, JWT_EXCHANGE_SERVICE_NAME: 'KV', KV: { get: () => null } },
      /JWT_EXCHANGE_SERVICE_NAME is not a service binding to the gateway's entrypoint Exchange/,
    ],
    [
      'one slot that is named twice',
      { ...base, JWT_PRIVATE_JWK_NAME: 'A, B,A', A: '{}', B: '{}' },
      /JWT_PRIVATE_JWK_NAME names A twice: remove one/,
    ],
    [
      'two names for one public key',
      { ...base, JWT_PUBLIC_JWK_NAME: 'A,B', A: '{}', B: '{}' },
      /JWT_PUBLIC_JWK_NAME accepts one name: put several keys in one JWK Set/,
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
  ])('rejects %s, naming the variable', (_, env, message) => {
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
    ['EdDSA', 'consumer', { JWT_PUBLIC_JWK_NAME: 'P' }],
    ['EdDSA', 'producer', { JWT_PRIVATE_JWK: '{}', JWT_JWKS_URL: 'https://a', JWT_PUBLIC_JWK: '{}' }],
  ])('chooses %s for a %s with %j', (mode, role, env) => {
    expect(envMode(env, role)).toBe(mode)
  })

  const SECRETS = 'JWT_SECRET_NAME or JWT_SECRET'
  const PRIVATE = 'JWT_PRIVATE_JWK_NAME or JWT_PRIVATE_JWK'
  const PUBLIC = 'JWT_PUBLIC_JWK_NAME or JWT_PUBLIC_JWK'
  const both = `${PRIVATE} (EdDSA) and ${SECRETS} (HS512) are both set: remove one`
  const unsigned = `no key to sign with: set ${PRIVATE}, or ${SECRETS}`
  const unverified = `no key to verify with: set one of ${SECRETS}, ${PUBLIC}, JWT_JWKS_SERVICE_NAME, JWT_JWKS_URL`
  const twice = (one: string, other: string) =>
    `${one} and ${other} are both set: keys come from one source. Remove one`
  it.each<['producer' | 'consumer', Record<string, unknown>, message: string]>([
    ['producer', { JWT_PRIVATE_JWK: '{}', JWT_SECRET: 'x' }, both],
    ['consumer', { JWT_PRIVATE_JWK_NAME: 'K', JWT_SECRET_NAME: 'S' }, both],
    ['consumer', { JWT_SECRET: 'x', JWT_JWKS_URL: 'https://a' }, twice(SECRETS, 'JWT_JWKS_URL')],
    [
      'consumer',
      { JWT_PUBLIC_JWK_NAME: 'P', JWT_JWKS_SERVICE_NAME: 'G' },
      twice(PUBLIC, 'JWT_JWKS_SERVICE_NAME'),
    ],
    ['producer', { JWT_JWKS_URL: 'https://a' }, unsigned],
    ['producer', { JWT_SECRET_NAME: '', JWT_PRIVATE_JWK: null }, unsigned],
    ['consumer', {}, unverified],
    ['consumer', { JWT_SECRET: '' }, unverified],
  ])('rejects for a %s: %j', (role, env, message) => {
    expect(() => envMode(env, role)).toThrow(new ConfigError(message))
  })
})

describe('without an environment', () => {
  const calls: readonly [call: string, make: (env: never) => unknown][] = [
    ['envMode(env, ', (env) => envMode(env, 'consumer')],
    ['makeKit(env)', (env) => makeKit(env)],
    ['externalVerifier(env)', (env) => externalVerifier(env)],
  ]
  const nothing: readonly unknown[] = [undefined, null, '', 'verifier', 7]
  it.each(calls)('%s… says to pass one', (call, make) => {
    for (const env of nothing) {
      expect(() => make(env as never)).toThrow(ConfigError)
      expect(() => make(env as never)).toThrow(`there is no environment: ${call}`)
    }
  })

  it.each(['consumer', 'producer'] as const)(
    'envMode(%j), as other kits have it, looks into that of the Worker, and says where there is none',
    (role) => {
      const isWorker = typeof WebSocketPair !== 'undefined'
      expect(() => envMode(role)).toThrow(ConfigError)
      // What it finds in a Worker that has variables: test/seeds/flarelette.test.ts.
      expect(() => envMode(role)).toThrow(
        isWorker
          ? /^no key to (sign|verify) with: set /
          : "there is no environment: envMode(env, 'producer') accepts that of the handler, or env from cloudflare:workers",
      )
    },
  )

  it('envMode rejects a role that is none', () => {
    const call = envMode as (...parts: readonly unknown[]) => unknown
    for (const role of [undefined, 'verifier', 'toString'])
      expect(() => call({ JWT_SECRET: 'x' }, role)).toThrow(
        new ConfigError("envMode accepts 'producer' or 'consumer' after the environment"),
      )
  })

  it('createKit says which option it needs', () => {
    for (const config of [undefined, null, 'x'])
      expect(() => createKit(config as never)).toThrow(/^issuer is not set/)
  })
})

describe('fingerprintOf', () => {
  /** The objects in it: bindings, as they are. */
  const bindingsIn = (env: object): readonly unknown[] =>
    fingerprintOf(env).filter((member) => typeof member === 'object')

  it('is equal for equal values and the same bindings, whatever object carries them', () => {
    const env = { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: service }
    const other = new Proxy({ ...env }, {})
    expect(fingerprintOf(other)).toEqual(fingerprintOf(env))
    expect(bindingsIn(other)[0]).toBe(service)
  })

  it('differs with a value, with a named secret, and with a binding', () => {
    const env = { ...base, JWT_SECRET_NAME: 'S', S: 'one' }
    expect(fingerprintOf({ ...env, JWT_AUD: 'x' })).not.toEqual(fingerprintOf(env))
    expect(fingerprintOf({ ...env, S: 'two' })).not.toEqual(fingerprintOf(env))
    const bound = { ...base, JWT_JWKS_SERVICE_NAME: 'G', G: { ...service } }
    expect(bindingsIn(bound)[0]).not.toBe(service)
  })

  it('holds the bindings that variables name, in the table’s order, and nothing else of the environment', () => {
    const env = {
      ...base,
      ...bindings,
      JWT_SECRET_NAME: 'NULL, MISSING, TEXT',
      NULL: null,
      TEXT: 'text',
      DB: { get: () => undefined },
    }
    expect(bindingsIn(env)).toEqual([kv, service, null, service])
    expect(fingerprintOf({ ...env, DB: undefined })).toEqual(fingerprintOf(env))
  })

  it('is equal for objects that say the same, though each request brings its own', () => {
    const one = fingerprintOf({ ...base, JWT_AUD: ['a', 'b'] })
    const other = fingerprintOf({ ...base, JWT_AUD: ['a', 'b'] })
    expect(one.filter((member, index) => !Object.is(member, other[index]))).toEqual([])
  })

  it('differs with a name that is none, and looks for no binding of that name', () => {
    for (const name of [7, [7], '[7]']) {
      const env = { ...base, JWT_SECRET_NAME: name, '7': 'text' }
      expect(fingerprintOf(env)).not.toEqual(fingerprintOf(base))
      expect(fingerprintOf(env)).not.toContain('text')
    }
  })

  it('reads no name for another: what one variable names is not what the next does', () => {
    const one = { ...base, JWT_SECRET_NAME: 'A, B', A: '1', B: '2' }
    const other = { ...base, JWT_SECRET_NAME: 'A', JWT_PUBLIC_JWK_NAME: 'B', A: '1', B: '2' }
    expect(fingerprintOf(one)).not.toEqual(fingerprintOf(other))
  })
})

it('environments that parse differently never share a fingerprint', () => {
  const values: unknown[] = [
    ...[undefined, NaN, Infinity, -Infinity, 0, -0, 5, '5', 5n, true, 'true', 'object', '[5]', '{"a":5}'],
    ...['NaN', 'Infinity', new Date(0), new Date(0).toISOString(), [5], ['5'], { a: 5 }, '"5"', 'undefined'],
  ]
  const fingerprints = values.map((JWT_LEEWAY) => fingerprintOf({ ...base, JWT_LEEWAY }))
  const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
    one.length === other.length && one.every((member, index) => Object.is(member, other[index]))
  for (const one of fingerprints) expect(fingerprints.filter((other) => isSame(one, other))).toEqual([one])
})

describe('misspeltVariables', () => {
  it.each([
    ['JWT_LEWAY', 'JWT_LEEWAY'],
    ['JWT_LEEWAYS', 'JWT_LEEWAY'],
    ['JWT_AUDD', 'JWT_AUD'],
    ['JWT_AVD', 'JWT_AUD'],
    ['JWT_ADU', 'JWT_AUD'],
    ['JWT_PRIVATE_JWK_NAM', 'JWT_PRIVATE_JWK_NAME'],
  ])('suggests for %s what was probably meant: %s', (name, meant) => {
    expect(misspeltVariables({ ...base, [name]: 'x' })).toEqual([{ name, meant }])
  })

  it.each(['JWT_COOKIE_NAME', 'JWT_', 'XJWT_AUD', 'JWT_LEEWAY_MS', 'AUD'])(
    'leaves a team’s own variable alone: %s',
    (name) => {
      expect(misspeltVariables({ ...base, [name]: 'x' })).toEqual([])
    },
  )

  it('knows every variable of its own, and the bindings that one of them names', () => {
    expect(
      misspeltVariables({
        ...base,
        JWT_SECRET_NAME: 'JWT_SECRETS, JWT_SECRE',
        JWT_SECRETS: 'x',
        JWT_SECRE: 'x',
      }),
    ).toEqual([])
  })
})
