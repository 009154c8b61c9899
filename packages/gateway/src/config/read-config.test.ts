import { ConfigError } from '@sealgate/kit'
import { describe, expect, it } from 'vitest'
import { type Config, parseConfig } from './read-config.ts'
import { AUDIENCES, gatewayEnv, ROUTES } from '../testing/fixtures.ts'

const definition = { audiences: { fromFile: { permissions: ['a'], roles: [] } }, routes: [] }
const KEYS = { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: '{}' }

function parse(more: Readonly<Record<string, unknown>> = {}): Config {
  return parseConfig(gatewayEnv({ ...KEYS, ...more }), definition)
}

function problem(more: Readonly<Record<string, unknown>>): string {
  try {
    parse(more)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('no ConfigError')
}

const HASH = 'ab'.repeat(32)

describe('defaults', () => {
  it('are those of the table', () => {
    const config = parse({ WORKER_ENV: undefined, AUTH0_ROLES_CLAIM: undefined })
    expect(config).toMatchObject({
      environment: 'production',
      name: 'gateway',
      issuer: 'https://gateway.internal',
      ttlSeconds: 900,
      maxTtlSeconds: 3600,
      mode: 'EdDSA',
      jwksPublic: false,
      exchange: { isPublic: false },
      auth0: {
        issuer: 'https://tenant.test/',
        jwksUrl: 'https://tenant.test/.well-known/jwks.json',
        rights: 'permissions',
        profile: 'auth0',
        rolesClaim: undefined,
      },
    })
    expect(config.auth0.clients).toEqual(new Set(['web', 'm2m']))
    expect(config.auth0.organizations).toEqual(new Set())
  })

  it('take an empty string as unset', () => {
    expect(parse({ GATEWAY_NAME: '', JWT_TTL_SECONDS: '' })).toMatchObject({
      name: 'gateway',
      ttlSeconds: 900,
    })
  })

  it('take audiences and routes from gateway.config.ts', () => {
    const config = parse({ AUDIENCES: undefined, ROUTES: undefined })
    expect([...config.audiences.keys()]).toEqual(['fromFile'])
    expect(config.routes.routes).toEqual([])
  })

  it('never let a default lifetime exceed the maximum', () => {
    expect(parse({ JWT_MAX_TTL_SECONDS: '300' }).ttlSeconds).toBe(300)
  })
})

describe('values', () => {
  it('have their JSON type or are text', () => {
    const typed = parse({ JWT_TTL_SECONDS: 60, JWKS_PUBLIC: true, AUDIENCES, ROUTES })
    const text = parse({
      JWT_TTL_SECONDS: '60',
      JWKS_PUBLIC: 'true',
      AUDIENCES: JSON.stringify(AUDIENCES),
      ROUTES: JSON.stringify(ROUTES),
    })
    expect(JSON.stringify(text)).toBe(JSON.stringify(typed))
    expect(text.audiences).toEqual(typed.audiences)
    expect(text.routes.routes).toEqual(typed.routes.routes)
  })

  it('are lists with commas, or in JSON', () => {
    for (const AUTH0_CLIENTS of [' a ,,b,', ' ["a", "b"]', ['a', 'b']]) {
      expect(parse({ AUTH0_CLIENTS }).auth0.clients).toEqual(new Set(['a', 'b']))
    }
    expect(parse({ AUTH0_ORGANIZATIONS: 'org_1' }).auth0.organizations).toEqual(new Set(['org_1']))
    expect(parse({ AUTH0_ORGANIZATIONS: '*' }).auth0.organizations).toBe('any')
  })

  it('may have the other name of AUTH0_AUDIENCE', () => {
    const names = { AUTH0_AUDIENCE: undefined, AUTH0_AUTHENTICATION_AUDIENCE: 'https://other.test' }
    expect(parse(names).auth0.audience).toBe('https://other.test')
  })

  it('are bindings where a binding is meant', () => {
    const RATE_LIMITER = { limit: () => Promise.resolve({ success: true }) }
    const JWKS_CACHE = { get: () => Promise.resolve(null), put: () => Promise.resolve() }
    const RATE_LIMITER_CLIENTS = { limit: () => Promise.resolve({ success: true }) }
    const config = parse({ RATE_LIMITER, RATE_LIMITER_CLIENTS, JWKS_CACHE })
    expect(config.jwksStore).toBe(JWKS_CACHE)
    expect(config.rateLimiters.clients).toBe(RATE_LIMITER_CLIENTS)
    for (const name of ['shared', 'password', 'login'] as const) {
      expect(config.rateLimiters[name]).toBe(RATE_LIMITER)
    }
    expect(parse()).toMatchObject({ jwksStore: undefined })
    expect(Object.values(parse().rateLimiters)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('find the bindings of the routes', () => {
    expect([...parse().services.keys()]).toEqual(['CONSUMER'])
  })
})

/** RFC 8037, appendix A. */
const PUBLIC = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
const other = { ...PUBLIC, x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw' }
const badKeys: [keys: object[], message: RegExp][] = [
  [[{ ...PUBLIC, d: PUBLIC.x }], /^CLIENTS batch\.keys: .*it holds a private or a shared key/],
  [[{ kty: 'oct', k: 'AAAA' }], /^CLIENTS batch\.keys: .*it holds a private or a shared key/],
  [[{ ...PUBLIC, use: 'enc' }], /^CLIENTS batch\.keys: .*its use is not sig/],
  [[{}], /^CLIENTS batch\.keys: .*its kty is not RSA, EC or OKP/],
  [[PUBLIC, { ...other, kid: 'b' }], /^CLIENTS batch\.keys are several: each needs a kid of its own/],
  [
    [
      { ...PUBLIC, kid: 'a' },
      { ...other, kid: 'a' },
    ],
    /^CLIENTS batch\.keys are several: each needs a kid of its own/,
  ],
]

const rejected: [name: string, value: unknown, message: RegExp, more?: object][] = [
  ['AUTH0_DOMAIN', undefined, /^AUTH0_DOMAIN is required: set it to your tenant/],
  ['AUTH0_DOMAIN', 'https://tenant.test/', /^AUTH0_DOMAIN must be a host name alone/],
  ['AUTH0_DOMAIN', 'tenant.test/evil', /^AUTH0_DOMAIN must be a host name alone/],
  ['AUTH0_AUDIENCE', '', /^AUTH0_AUDIENCE is required/],
  ['AUTH0_CLIENTS', undefined, /^AUTH0_CLIENTS is required in production/, { WORKER_ENV: 'production' }],
  ...['[a]', '["a"', '["a", 7]', '[""]', 7, [7]].map((value): (typeof rejected)[number] => [
    'AUTH0_CLIENTS',
    value,
    /^AUTH0_CLIENTS(?:[.]\d)? must be names: with commas between them, or a JSON array/,
  ]),
  ['AUTH0_CLIENTS', ' , ', /^AUTH0_CLIENTS is required in staging/, { WORKER_ENV: 'staging' }],
  ['AUTH0_BASE_URL', 'tenant.test', /^AUTH0_BASE_URL must be a URL/],
  ['AUTH0_BASE_URL', 'https://tenant.test/path', /^AUTH0_BASE_URL must be scheme and host alone/],
  ['AUTH0_BASE_URL', 'https://a@tenant.test', /^AUTH0_BASE_URL must be scheme and host alone/],
  ['AUTH0_BASE_URL', 'https://other.test', /^AUTH0_BASE_URL names another host than AUTH0_DOMAIN/],
  ['AUTH0_BASE_URL', 'http://tenant.test', /^AUTH0_BASE_URL must be https/],
  ['AUTH0_RIGHTS', 'all', /^AUTH0_RIGHTS must be permissions, scope or both/],
  ['AUTH0_TOKEN_PROFILE', 'okta', /^AUTH0_TOKEN_PROFILE must be auth0 or rfc9068/],
  ['WORKER_ENV', 'prod', /^WORKER_ENV must be production, staging, test or dev: did you mean production\?$/],
  ['WORKER_ENV', 'Stage', /: did you mean staging\?$/],
  ['WORKER_ENV', 'live', /^WORKER_ENV must be production, staging, test or dev$/],
  ['JWT_ISS', undefined, /^JWT_ISS is required/],
  ['JWT_TTL_SECONDS', '1.5', /^JWT_TTL_SECONDS must be a whole number of seconds/],
  ['JWT_TTL_SECONDS', 0, /^JWT_TTL_SECONDS must be a whole number of seconds/],
  ['JWT_MAX_TTL_SECONDS', 'an hour', /^JWT_MAX_TTL_SECONDS must be a whole number of seconds/],
  ['JWKS_PUBLIC', 'yes', /^JWKS_PUBLIC must be true or false/],
  ['EXCHANGE_PUBLIC', 1, /^EXCHANGE_PUBLIC must be true or false/],
  ['EXCHANGE_CLIENTS', '{', /^EXCHANGE_CLIENTS is not JSON/],
  ['EXCHANGE_CLIENTS', '[]', /^EXCHANGE_CLIENTS must be JSON: client id to SHA-256/],
  [
    'EXCHANGE_CLIENTS',
    { web: 'the secret itself' },
    /^EXCHANGE_CLIENTS must have the SHA-256 of each secret/,
  ],
  ['EXCHANGE_CLIENTS', { web: HASH.slice(1) }, /^EXCHANGE_CLIENTS must have the SHA-256 of each secret/],
  ['CLIENTS', '[', /^CLIENTS is not JSON/],
  ['CLIENTS', { batch: {} }, /^CLIENTS\.batch\.audiences/],
  ['CLIENTS', { batch: { audiences: [], secret: 'x' } }, /^CLIENTS\.batch/],
  ['CLIENTS', { batch: { audiences: ['nobody'] } }, /^CLIENTS batch names nobody, which is not in AUDIENCES/],
  ...badKeys.map(([keys, message]): (typeof rejected)[number] => [
    'CLIENTS',
    { batch: { audiences: ['reports'], keys } },
    message,
  ]),
  [
    'CLIENTS',
    { one: { audiences: [], keys: [PUBLIC] }, other: { audiences: [], keys: [{ ...PUBLIC, kid: 'x' }] } },
    /^CLIENTS gives one key to both one and other/,
  ],
  ['AUTH0_CLIENT_ID', 'web', /^AUTH0_CLIENT_SECRET is missing: npx wrangler secret put AUTH0_CLIENT_SECRET/],
  ['AUTH0_CLIENT_SECRET', 's', /^AUTH0_CLIENT_ID is missing beside AUTH0_CLIENT_SECRET: set it/],
  ['AUTH0_CONNECTION', 'users', /^AUTH0_CONNECTION needs AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET/],
  ['RATE_LIMITER', {}, /^RATE_LIMITER is no rate-limit binding: see "ratelimits"/],
  ['JWKS_CACHE', { get: () => null }, /^JWKS_CACHE is no KV binding: see "kv_namespaces"/],
  ...['production', 'staging'].map((WORKER_ENV): (typeof rejected)[number] => [
    'CORS_ORIGINS',
    'https://app.test,http://app.test',
    /^CORS_ORIGINS has http:\/\/app\.test, which is not https/,
    { WORKER_ENV, AUTH0_CLIENTS: 'web' },
  ]),
  ['ADMIN_SIGN', 'reports,nobody', /^ADMIN_SIGN names nobody, which is not in AUDIENCES/],
  ['DATADOG_SITE', 'https://datadoghq.eu', /^DATADOG_SITE must be a site such as datadoghq\.com/],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otlp.test', /^OTEL_EXPORTER_OTLP_ENDPOINT must begin with https/],
  [
    'OTEL_EXPORTER_OTLP_HEADERS',
    'canary',
    /^OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs(?!.*canary)/,
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test' },
  ],
  ['METRICS_GRANTS_PER_POINT', '0', /^METRICS_GRANTS_PER_POINT must be a whole number from 1 to/],
  ['DEV_CONTROL', 'http://127.0.0.1:1/', /^DEV_CONTROL is for development alone/, { WORKER_ENV: 'test' }],
  ['DEV_CONTROL', 'http://127.0.0.1:1/', /^DEV_CONTROL_SECRET is missing beside/, { WORKER_ENV: 'dev' }],
  ['DEV_CONTROL', 'http://192.0.2.1/', /^DEV_CONTROL must be on loopback/, { WORKER_ENV: 'dev' }],
  ['AUDIENCES', '{}', /^AUDIENCES names no audience/],
  [
    'AUDIENCES',
    { a: { permissions: ['x'] } },
    /^AUDIENCES\.a\.roles Invalid input: expected array, received undefined/,
  ],
  [
    'AUDIENCES',
    { a: { permissions: ['a b'], roles: [] } },
    /^AUDIENCES\.a\.permissions\.0 is not a permission/,
  ],
  ['AUDIENCES', { a: { permissions: [], roles: [], role: [] } }, /^AUDIENCES\.a Unrecognized key: "role"/],
  ...['reports', '/api', 'https://a.test/#x', 'https://a.test/ ', ''].map(
    (uri): (typeof rejected)[number] => [
      'AUDIENCES',
      { a: { permissions: [], roles: [], resources: [uri] } },
      /^AUDIENCES\.a\.resources\.0 must be an absolute URI without a fragment/,
    ],
  ),
  [
    'AUDIENCES',
    Object.fromEntries(
      ['a', 'b'].map((name) => [name, { permissions: [], roles: [], resources: ['urn:x'] }]),
    ),
    /^AUDIENCES gives the resource urn:x to both a and b/,
  ],
]

/** Problems of one route; it is else like the others. */
const badRoutes: [what: string, route: object, message: RegExp][] = [
  ['no methods', { methods: undefined }, /methods/],
  ['no method', { methods: [] }, /must name at least one method/],
  ['an unknown method', { methods: ['get'] }, /methods/],
  ['an unknown audience', { audience: 'nobody' }, /for the audience nobody, which is not in AUDIENCES/],
  ['no audience', { audience: undefined }, /audience/],
  ['an unknown service', { service: 'NOWHERE' }, /names the service NOWHERE, which is no service binding/],
  ['a variable as its service', { service: 'AUTH0_DOMAIN' }, /AUTH0_DOMAIN, which is no service binding/],
  [
    'an inherited member as its service',
    { service: 'constructor' },
    /constructor, which is no service binding/,
  ],
  ['a pattern in the middle', { match: '/api/*/x' }, /must be a literal path/],
  ['half a segment', { match: '/api*' }, /must be a literal path/],
  ['a relative pattern', { match: 'api/*' }, /must be a literal path/],
  ['an empty segment', { match: '/api//*' }, /must be a literal path/],
  ['a dot segment', { match: '/api/../*' }, /must not have dot segments/],
  ['an encoding', { match: '/api/%2e' }, /must be a literal path/],
  ['auth that is mistyped', { auth: 'nothing' }, /must be required \(the default\), anonymous or none/],
  ['open and with an audience', { auth: 'none' }, /audience/],
  ['a member that is not known', { requires: ['read:reports'] }, /requires/],
  [
    'a permission never carried',
    { require: ['read:report'] },
    /names read:report, which the audience reports never carries/,
  ],
  [
    'a grant never carried',
    { grant: ['manage:all'] },
    /names manage:all, which the audience reports never carries/,
  ],
  ['the caller’s credentials passed on', { forwardHeaders: ['authorization'] }, /no route may pass on/],
  ['the caller’s cookies passed on', { forwardHeaders: ['cookie'] }, /no route may pass on/],
  ['a spoofable user', { forwardHeaders: ['x-user-id'] }, /no route may pass on/],
  ['a trace as it came', { forwardHeaders: ['tracestate'] }, /no route may pass on/],
  ['a spoofable address', { forwardHeaders: ['x-forwarded-for'] }, /no route may pass on/],
  ['a header in upper case', { forwardHeaders: ['X-Tenant'] }, /in lower case/],
  ['no time', { timeoutMs: 0 }, /timeoutMs/],
]

describe('what is rejected, naming the variable', () => {
  it.each(rejected)('%s = %o', (name, value, message, more) => {
    expect(problem({ ...more, [name]: value })).toMatch(message)
  })

  it.each(badRoutes)('a route with %s', (_, route, message) => {
    const found = problem({ ROUTES: [{ ...ROUTES[0], ...route }] })
    expect(found).toContain('ROUTES')
    expect(found).toMatch(message)
  })

  it('says everything that is wrong at once', () => {
    const found = problem({ AUTH0_DOMAIN: undefined, JWT_ISS: undefined })
    expect(found).toMatch(/AUTH0_DOMAIN.*JWT_ISS/)
  })

  it('never quotes a value that may be secret', () => {
    expect(problem({ EXCHANGE_CLIENTS: { web: 'hunter2' } })).not.toContain('hunter2')
  })
})

describe('plain http to Auth0', () => {
  const loopback = { AUTH0_DOMAIN: '127.0.0.1:8788', AUTH0_BASE_URL: 'http://127.0.0.1:8788' }
  it.each(['dev', 'test'])('is taken on loopback in %s', (environment) => {
    expect(parse({ ...loopback, WORKER_ENV: environment }).auth0).toMatchObject({
      issuer: 'http://127.0.0.1:8788/',
      jwksUrl: 'http://127.0.0.1:8788/.well-known/jwks.json',
    })
  })

  it.each(['production', 'staging'])('is rejected in %s', (environment) => {
    expect(problem({ ...loopback, WORKER_ENV: environment })).toMatch(/^AUTH0_BASE_URL must be https/)
  })
})

describe('who may exchange', () => {
  it.each([
    ['nobody without authentication', 'production', {}, false],
    ['anybody', 'staging', {}, true],
    ['anybody', 'dev', {}, true],
    ['clients alone', 'dev', { EXCHANGE_CLIENTS: { web: HASH } }, false],
    ['clients alone, of which there is none', 'dev', { EXCHANGE_CLIENTS: {} }, false],
    [
      'clients alone that sign',
      'dev',
      { CLIENTS: { web: { audiences: ['reports'], keys: [PUBLIC] } } },
      false,
    ],
    ['anybody, because it says so', 'production', { EXCHANGE_PUBLIC: 'true' }, true],
    ['both kinds', 'dev', { EXCHANGE_PUBLIC: true, EXCHANGE_CLIENTS: { web: HASH } }, true],
  ])('%s in %s with %o', (_, environment, more, isPublic) => {
    expect(parse({ ...more, WORKER_ENV: environment }).exchange.isPublic).toBe(isPublic)
  })
})

describe('keys', () => {
  const secret = { JWT_PRIVATE_JWK_NAME: undefined, SLOT: undefined }
  const byAudience = { JWT_SECRETS_BY_AUDIENCE: '{"reports":"SECRET_R","archive":"SECRET_A"}' }

  it('choose the mode', () => {
    expect(parse({ ...secret, JWT_SECRET: 's' })).toMatchObject({
      mode: 'HS512',
      secretsByAudience: undefined,
    })
    expect(parse({ ...secret, ...byAudience }).secretsByAudience).toEqual(
      new Map([
        ['reports', 'SECRET_R'],
        ['archive', 'SECRET_A'],
      ]),
    )
  })

  it('must be there', () => {
    expect(problem(secret)).toMatch(/^no key to sign with/)
  })

  it.each([
    ['beside a private key', { ...KEYS, ...byAudience }, /JWT_PRIVATE_JWK_NAME are both set/],
    ['beside a secret for all', { ...secret, JWT_SECRET: 's', ...byAudience }, /JWT_SECRET are both set/],
    [
      'without one of the audiences',
      { ...secret, JWT_SECRETS_BY_AUDIENCE: '{"reports":"SECRET_R"}' },
      /no secret for the audience archive/,
    ],
    [
      'shared by two audiences',
      { ...secret, JWT_SECRETS_BY_AUDIENCE: '{"reports":"S","archive":"S"}' },
      /gives one secret to two audiences/,
    ],
  ])('rejects secrets by audience %s', (_, more, message) => {
    expect(problem(more)).toMatch(message)
  })
})
