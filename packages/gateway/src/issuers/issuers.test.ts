import { base64url, decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../app.ts'
import { auth0 as auth0Preset, cloudflareAccess, entra, okta } from '../config/issuer-presets.ts'
import type { IssuerDefinition } from '../config/issuer-definition.ts'
import { gatewaysOf } from '../gateway.ts'
import { deepHealth } from '../operations/health.ts'
import { revoke } from '../operations/revocation.ts'
import { fakeIssuer, type FakeIssuer, keysOf } from '../testing/fake-issuers.ts'
import {
  API,
  catchLogs,
  countingLimiter,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  ISSUER,
  memoryKv,
  newSlot,
  type RecordingService,
  recordingService,
  ROLES_CLAIM,
} from '../testing/fixtures.ts'
import { definition } from '../testing/test-gateway.ts'

const B = 'https://idp-b.test'
const TENANT_ID = '11111111-2222-3333-4444-555555555555'
const AUD_TAG = '32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

let a: FakeAuth0
let b: FakeIssuer
let es: FakeIssuer
let other: FakeIssuer
let oktaIdp: FakeIssuer
let entraIdp: FakeIssuer
let access: FakeIssuer
let issuers: readonly FakeIssuer[]
let slot: string
let service: RecordingService
let env: Record<string, unknown>
/** Addresses that were requested. */
let fetched: string[]
const logs = catchLogs()

const ISSUERS: readonly IssuerDefinition[] = [
  { issuer: B, audience: 'api-b', profile: 'jwt', clients: ['web-b', 'web'], rolesClaim: 'groups' },
  { issuer: 'https://es.test', audience: API, profile: 'jwt', algorithms: ['ES256'], clients: ['web'] },
  auth0Preset('other.auth0.test', { audience: API, clients: ['web'], rolesClaim: ROLES_CLAIM }),
  okta('corp.okta.test', { audience: 'api://default', clients: ['0oaclient'] }),
  entra(TENANT_ID, { audience: 'api-guid', clients: ['client-guid'] }),
  cloudflareAccess('team', { audience: AUD_TAG, everybody: { permissions: ['read:reports'] } }),
]

const ROUTES = [
  { match: '/api/*', methods: ['GET', 'POST'], service: 'CONSUMER', audience: 'reports' },
  {
    match: '/door/*',
    methods: ['GET', 'POST'],
    service: 'CONSUMER',
    audience: 'reports',
    require: ['read:reports'],
    cloudflareAccess: true,
  },
]

beforeAll(async () => {
  a = await fakeAuth0()
  // The tenant's own key name: a kid says nothing of whose key it is.
  b = await fakeIssuer(B, { kid: 'auth0-key' })
  es = await fakeIssuer('https://es.test', { kid: 'es', alg: 'ES256' })
  other = await fakeIssuer('https://other.auth0.test/', {
    kid: 'other',
    jwksUrl: 'https://other.auth0.test/.well-known/jwks.json',
  })
  const oktaIssuer = 'https://corp.okta.test/oauth2/default'
  oktaIdp = await fakeIssuer(oktaIssuer, { kid: 'okta', jwksUrl: `${oktaIssuer}/v1/keys` })
  const microsoft = `https://login.microsoftonline.com/${TENANT_ID}`
  entraIdp = await fakeIssuer(`${microsoft}/v2.0`, {
    kid: 'entra',
    jwksUrl: `${microsoft}/discovery/v2.0/keys`,
  })
  const team = 'https://team.cloudflareaccess.com'
  access = await fakeIssuer(team, { kid: 'access', jwksUrl: `${team}/cdn-cgi/access/certs` })
  issuers = [b, es, other, oktaIdp, entraIdp, access]
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  fetched = []
  for (const one of issuers) Object.assign(one, { isDown: false, fetches: 0 })
  a.respond()
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    fetched.push(input instanceof Request ? input.url : String(input))
    return keysOf(issuers, a.fetch)(input, init)
  })
  service = recordingService()
  // Of this test alone, so that no keys are known yet.
  app = createApp(gatewaysOf(definition))
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, ROUTES, ISSUERS, CONSUMER: service })
})

let app: ReturnType<typeof createApp>

const call = (token: string, headers: Record<string, string> = {}, path = '/api/x'): Promise<Response> =>
  Promise.resolve(
    app.request(
      `https://gateway.test${path}`,
      { headers: { Authorization: `Bearer ${token}`, ...headers } },
      env,
    ),
  )

const ofB = (claims: Readonly<Record<string, unknown>> = {}, header = {}): Promise<string> =>
  b.token({ aud: 'api-b', sub: 'auth0|alice', azp: 'web-b', scope: 'read:reports', ...claims }, header)

/** What the service got. */
const issued = (): Record<string, unknown> => {
  const token = service.received.at(-1)?.headers.get('Authorization')?.replace('Bearer ', '')
  return decodeJwt(token ?? '')
}

async function reasonOf(response: Response): Promise<unknown> {
  const lines = (await logs.of(response)) as { detail?: string; reason?: string }[]
  return lines.find(({ detail }) => detail !== undefined)?.detail
}

async function rejected(token: string, detail: string): Promise<void> {
  const response = await call(token)
  await expectError(response.clone(), 401, 'invalid_token')
  expect(await reasonOf(response)).toBe(detail)
  expect(service.received).toEqual([])
}

describe('a token of a further issuer', () => {
  it('passes, and its parties are URIs: the subject of the same name at the tenant is another', async () => {
    expect((await call(await ofB())).status).toBe(200)
    expect(issued()).toMatchObject({
      sub: `${B}#auth0%7Calice`,
      kind: 'user',
      client_id: `${B}#web-b`,
      permissions: ['read:reports'],
      roles: [],
    })
    expect((await call(await a.token())).status).toBe(200)
    expect(issued()).toMatchObject({ sub: 'auth0|alice', client_id: 'web' })
  })

  it('of one of its clients for itself is of a machine, and a user of that name is not it', async () => {
    await call(await ofB({ sub: 'web-b' }))
    expect(issued()).toMatchObject({ sub: `${B}#web-b@clients`, kind: 'machine' })
    await call(await ofB({ sub: 'web-b@clients' }))
    expect(issued()).toMatchObject({ sub: `${B}#web-b%40clients`, kind: 'user' })
  })

  it('grants by its own rules: the tenant’s claims for roles and permissions count for nothing there', async () => {
    await call(
      await ofB({
        groups: ['analyst'],
        [ROLES_CLAIM]: ['admin'],
        permissions: ['export:reports', 'manage:users'],
      }),
    )
    expect(issued()).toMatchObject({ permissions: ['read:reports'], roles: ['analyst'] })
  })

  it('names no organization and no tenant, which would be taken for the tenant’s word', async () => {
    await call(await ofB({ org_id: 'org_1', tid: 'tenant-1', name: 'Alice' }))
    const token = issued()
    expect(token).toMatchObject({ name: 'Alice' })
    expect(token).not.toHaveProperty('org_id')
    expect(token).not.toHaveProperty('tid')
  })

  it('carries the actors before it by their names here', async () => {
    await call(await ofB({ act: { sub: 'bot', act: { iss: 'https://third.test', sub: 'x' } } }))
    expect(issued().act).toEqual({
      iss: 'https://gateway.internal',
      sub: 'gateway',
      act: { iss: B, sub: `${B}#bot`, act: { iss: 'https://third.test', sub: 'x' } },
    })
  })

  it.each([undefined, 'auth0|alice'])(
    'is exchanged at /oauth/token, with an actor of either issuer',
    async (actor) => {
      const actorToken =
        actor === undefined ? await ofB({ sub: 'bot', azp: 'web-b' }) : await a.token({ sub: 'bot@clients' })
      const bot = actor === undefined ? `${B}#bot` : 'bot@clients'
      const body = new URLSearchParams({
        ...{
          grant_type: EXCHANGE,
          subject_token: await ofB(),
          subject_token_type: ACCESS_TOKEN,
          audience: 'reports',
        },
        ...{ actor_token: actorToken, actor_token_type: ACCESS_TOKEN },
      })
      const AUDIENCES = { reports: { permissions: ['read:reports'], roles: [], actors: [bot] } }
      const response = await app.request(
        'https://gateway.test/oauth/token',
        { method: 'POST', body },
        { ...env, AUDIENCES },
      )
      expect(response.status).toBe(200)
      const { access_token: token } = await response.json<{ access_token: string }>()
      expect(decodeJwt(token)).toMatchObject({
        sub: `${B}#auth0%7Calice`,
        act: { iss: actor === undefined ? B : ISSUER, sub: bot },
      })
    },
  )

  it.each<[string, Record<string, unknown>, number]>([
    ['a party of its own, not the tenant’s of the same name', { sub: 'auth0|bot' }, 400],
    ['nor this gateway, whose name anybody may have', { sub: 'gateway' }, 400],
    ['a party of the tenant, where it says so', { iss: ISSUER, sub: 'auth0|bot' }, 200],
  ])('names in may_act %s', async (_, mayAct, status) => {
    const isGateway = mayAct.sub === 'gateway'
    const body = new URLSearchParams({
      ...{ grant_type: EXCHANGE, subject_token: await ofB({ may_act: mayAct }), audience: 'reports' },
      ...{ subject_token_type: ACCESS_TOKEN },
      ...(!isGateway && {
        ...{ actor_token: await a.token({ sub: 'auth0|bot' }), actor_token_type: ACCESS_TOKEN },
      }),
    })
    const response = await app.request('https://gateway.test/oauth/token', { method: 'POST', body }, env)
    expect(response.status).toBe(status)
    if (status === 400) expect(await reasonOf(response)).toBe('may_act_names_another')
  })

  it('counts against a limit of its own', async () => {
    const limiter = countingLimiter(100)
    const on = { ...env, RATE_LIMITER: limiter }
    for (const token of [await ofB(), await a.token()]) {
      const body = new URLSearchParams({
        ...{
          grant_type: EXCHANGE,
          subject_token: token,
          subject_token_type: ACCESS_TOKEN,
          audience: 'reports',
        },
      })
      expect(
        (await app.request('https://gateway.test/oauth/token', { method: 'POST', body }, on)).status,
      ).toBe(200)
    }
    const subjects = limiter.keys.filter((key) => key.startsWith('sub:'))
    expect(new Set(subjects).size).toBe(2)
  })

  it.each([
    ['the tenant’s', 'auth0|alice', 401, 200],
    ['its own', `${B}#auth0%7Calice`, 200, 401],
  ])('is revoked by %s name of the subject alone', async (_, sub, tenant, own) => {
    const kv = memoryKv()
    env = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    await revoke(await gatewaysOf(definition)(env), { sub })
    expect((await call(await a.token())).status).toBe(tenant)
    expect((await call(await ofB())).status).toBe(own)
  })
})

describe('issuers are not mixed up:', () => {
  const claimsOfA = { aud: API, sub: 'auth0|alice', azp: 'web', permissions: ['read:reports'] }

  it('the key of one signs nothing of another, though their keys have one name', async () => {
    // Both are known, so that nothing rests on what was fetched first.
    expect((await call(await a.token())).status).toBe(200)
    expect((await call(await ofB())).status).toBe(200)
    service.received.length = 0
    await rejected(await b.token({ ...claimsOfA, iss: ISSUER }), 'bad_signature')
    await rejected(await a.token({ iss: B, aud: 'api-b', azp: 'web-b' }), 'bad_signature')
  })

  it('a token of one with the name of a key of another', async () => {
    await rejected(await a.token({}, { header: { kid: 'other' } }), 'unknown_kid')
    expect(other.fetches).toBe(0)
    await rejected(await other.token({ ...claimsOfA, aud: API }, { kid: 'auth0-key' }), 'unknown_kid')
  })

  it.each([
    ['with a slash more', `${B}/`],
    ['with a slash less', ISSUER.slice(0, -1)],
    ['in capitals', B.toUpperCase()],
    ['with a path', `${B}/tenant`],
    ['that only begins alike', `${B}.evil.test`],
    ['that only ends alike', `https://evil.test/${B}`],
    ['with a port that says nothing', `${B}:443`],
    ['with white space', ` ${B}`],
    ['over http', B.replace('https', 'http')],
    ['with a query', `${B}?`],
    ['nobody knows', 'https://unknown.test'],
    ['of no text', [B]],
    ['that is missing', undefined],
    ['named like a member of every object', '__proto__'],
  ])('an iss %s is rejected without a fetch', async (_, iss) => {
    const token = await ofB({ iss })
    const reason = typeof iss === 'string' ? 'wrong_issuer' : 'missing_claim'
    await rejected(token, reason)
    expect(fetched).toEqual([])
  })

  it('two iss in one payload: what chooses is what is verified', async () => {
    const payload = `{"iss":"${ISSUER}","iss":"${B}","sub":"x","aud":"api-b","azp":"web-b","iat":1,"exp":9999999999}`
    const [header = '', , signature = ''] = (await ofB()).split('.')
    await rejected(`${header}.${base64url.encode(payload)}.${signature}`, 'bad_signature')
    expect(a.fetches === 0 || !fetched.some((url) => url.startsWith(ISSUER))).toBe(true)
  })

  it('an algorithm of one is none of another', async () => {
    const claims = { aud: API, sub: 'x', azp: 'web' }
    expect((await call(await es.token(claims))).status).toBe(200)
    service.received.length = 0
    await rejected(await es.token({ ...claims, iss: B, aud: 'api-b' }), 'unsupported_alg')
    await rejected(await b.token({ ...claims, iss: 'https://es.test' }), 'unsupported_alg')
    expect(b.fetches).toBe(0)
  })

  it('the audience of one is none of another', async () => {
    await rejected(await ofB({ aud: API }), 'wrong_audience')
    await rejected(await a.token({ aud: 'api-b' }), 'wrong_audience')
  })

  it('a client of one is none of another', async () => {
    await rejected(await ofB({ azp: 'm2m' }), 'unknown_client')
    await rejected(await ofB({ azp: undefined }), 'unknown_client')
    await rejected(await a.token({ azp: 'web-b' }), 'unknown_client')
  })

  it('keys of one that cannot be had stop that one alone', async () => {
    b.isDown = true
    const response = await call(await ofB())
    await expectError(response, 503, 'temporarily_unavailable')
    expect(response.headers.has('Retry-After')).toBe(true)
    expect((await call(await a.token())).status).toBe(200)
    a.respond(() => new Response('down', { status: 500 }))
    b.isDown = false
    app = createApp(gatewaysOf(definition))
    await expectError(await call(await a.token()), 503, 'auth0_unavailable')
    expect((await call(await ofB())).status).toBe(200)
  })

  it.each([{ sub: `${B}#auth0%7Calice` }, { sub: `${B}#x@clients` }, { sub: 'HTTPS://idp-b.test#a|b' }])(
    'a token of the tenant never names a party of another issuer: %j',
    async (claims) => rejected(await a.token(claims), 'invalid_claim'),
  )

  it('nor is its client one', async () => {
    env = { ...env, AUTH0_CLIENTS: undefined }
    await rejected(await a.token({ azp: `${B}#web-b` }), 'invalid_claim')
  })

  it.each([
    ['an ID token', { nonce: 'n' }, 'id_token'],
    ['a token bound to a key, without its proof', { cnf: { jkt: 'x' } }, 'proof_missing'],
    ['one that lives for a week', { exp: Math.floor(Date.now() / 1000) + 7 * 86_400 }, 'lives_too_long'],
    ['one that is about to end', { exp: Math.floor(Date.now() / 1000) + 3 }, 'ends_too_soon'],
    ['a subject that is no Unicode', { sub: '\ud800' }, 'invalid_claim'],
  ])('%s is rejected as of the tenant', async (_, claims, reason) => rejected(await ofB(claims), reason))

  it('deep health names each with the state of its keys', async () => {
    await call(await ofB())
    const health = await deepHealth(await gatewaysOf(definition)(env))
    expect(health.issuers?.map(({ issuer }) => issuer)).toEqual(ISSUERS.map(({ issuer }) => issuer))
    expect(health.issuers?.[0]).toMatchObject({ source: 'url' })
  })
})

/** What the internal token has, its `sub` without the issuer; or why there is none. */
interface Expected {
  readonly sub?: string
  readonly rejected?: string
  readonly [claim: string]: unknown
}

describe('the profile', () => {
  const now = Math.floor(Date.now() / 1000)

  it.each<[string, Record<string, unknown>, Expected]>([
    [
      'okta of a user',
      { uid: '00u1', cid: '0oaclient', sub: 'ada@corp.test', scp: ['read:reports', 'openid'] },
      { sub: '#00u1', kind: 'user', permissions: ['read:reports'] },
    ],
    [
      'okta of a client',
      { cid: '0oaclient', sub: '0oaclient', scp: ['read:reports'] },
      { sub: '#0oaclient@clients', kind: 'machine', permissions: ['read:reports'] },
    ],
    ['okta of neither', { cid: '0oaclient', sub: 'ada@corp.test' }, { rejected: 'wrong_profile' }],
    ['okta without a client', { uid: '00u1', sub: 'ada@corp.test' }, { rejected: 'wrong_profile' }],
  ])('%s', async (_, claims, expected) => {
    const token = await oktaIdp.token(
      { ver: 1, jti: 'AT.1', aud: 'api://default', ...claims },
      { typ: undefined },
    )
    await expectToken(token, oktaIdp, expected)
  })

  const user = { azp: 'client-guid', oid: 'object-1', sub: 'pairwise', scp: 'read:reports' }

  it.each<[string, Record<string, unknown>, Expected]>([
    [
      'entra of a user',
      { ...user, roles: ['analyst'] },
      { sub: '#object-1', kind: 'user', permissions: ['read:reports'], roles: ['analyst'], tid: TENANT_ID },
    ],
    [
      'entra of an application',
      { ...user, scp: undefined, roles: ['read:reports'], idtyp: 'app' },
      { sub: '#object-1@clients', kind: 'machine', permissions: ['read:reports'] },
    ],
    ['entra of version 1', { ...user, ver: '1.0' }, { rejected: 'wrong_profile' }],
    [
      'entra of another directory',
      { ...user, tid: '99999999-2222-3333-4444-555555555555' },
      { rejected: 'wrong_profile' },
    ],
    ['entra that is an ID token', { ...user, azp: undefined, scp: undefined }, { rejected: 'wrong_profile' }],
    ['entra that is of a user and an application', { ...user, idtyp: 'app' }, { rejected: 'wrong_profile' }],
    [
      'entra of an application that anybody registered',
      { ...user, azp: 'foreign' },
      { rejected: 'unknown_client' },
    ],
  ])('%s', async (_, claims, expected) => {
    const token = await entraIdp.token({
      ver: '2.0',
      aud: 'api-guid',
      tid: TENANT_ID,
      nbf: now - 10,
      ...claims,
    })
    await expectToken(token, entraIdp, expected)
  })

  it.each<[string, Record<string, unknown>, Expected]>([
    [
      'auth0 of a user',
      { sub: 'auth0|alice', permissions: ['read:reports'], [ROLES_CLAIM]: ['analyst'] },
      { sub: '#auth0%7Calice', kind: 'user', permissions: ['read:reports'], roles: ['analyst'] },
    ],
    [
      'auth0 of a machine',
      { sub: 'web@clients', scope: 'read:reports' },
      { sub: '#web@clients', kind: 'machine' },
    ],
    [
      'auth0 of a user named like one',
      { sub: 'auth0|web@clients' },
      { sub: '#auth0%7Cweb%40clients', kind: 'user' },
    ],
  ])('%s', async (_, claims, expected) => {
    await expectToken(await other.token({ aud: API, azp: 'web', ...claims }), other, expected)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['that is no access token by its typ', { client_id: 'c', jti: 'j' }, 'wrong_type'],
    ['that names no client', { jti: 'j', typ: 'at+jwt' }, 'not_rfc9068'],
    ['that has no jti', { client_id: 'c', typ: 'at+jwt' }, 'not_rfc9068'],
  ])('rfc9068, where none is named, rejects a token %s', async (_, { typ, ...claims }, reason) => {
    env = { ...env, ISSUERS: [{ issuer: B, audience: 'api-b', clients: 'any' }], ROUTES: ROUTES.slice(0, 1) }
    await rejected(await b.token({ aud: 'api-b', sub: 'x', ...claims }, { typ: typ ?? 'JWT' }), reason)
  })

  async function expectToken(token: string, { issuer }: FakeIssuer, expected: Expected): Promise<void> {
    const { sub = '', rejected: reason, ...more } = expected
    if (reason !== undefined) return rejected(token, reason)
    expect((await call(token)).status).toBe(200)
    expect(issued()).toMatchObject({ sub: `${issuer}${sub}`, ...more })
  }
})

describe('Cloudflare Access as a front door', () => {
  const user = {
    aud: [AUD_TAG],
    type: 'app',
    sub: 'user-uuid',
    email: 'ada@corp.test',
    identity_nonce: 'n',
    country: 'NL',
  }
  const jwt = (claims: Record<string, unknown> = {}): Promise<string> => access.token({ ...user, ...claims })
  const enter = async (
    assertion: string,
    headers: Record<string, string> = {},
    path = '/door/x',
    method = 'GET',
  ) =>
    app.request(
      `https://gateway.test${path}`,
      { method, headers: { 'Cf-Access-Jwt-Assertion': assertion, ...headers } },
      env,
    )

  it('lets in whom its policies let through, on a route that says so', async () => {
    const response = await enter(await jwt())
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('private, no-store')
    expect(issued()).toMatchObject({
      sub: 'https://team.cloudflareaccess.com#user-uuid',
      kind: 'user',
      permissions: ['read:reports'],
    })
    expect(service.only().headers.has('Cf-Access-Jwt-Assertion')).toBe(false)
  })

  it('of a service token lets in a machine, also with a POST that no browser sends', async () => {
    const token = await jwt({
      sub: '',
      common_name: 'abc.access',
      email: undefined,
      identity_nonce: undefined,
    })
    expect((await enter(token, {}, '/door/x', 'POST')).status).toBe(200)
    expect(issued()).toMatchObject({
      sub: 'https://team.cloudflareaccess.com#abc.access@clients',
      kind: 'machine',
    })
  })

  it.each<[string, Record<string, string>]>([
    ['POST', { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }],
    ['POST', { Origin: 'null' }],
    ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
  ])(
    'of a client certificate in a browser is closed to pages of other sites: %s %j',
    async (method, headers) => {
      const token = await jwt({ sub: '', common_name: 'ada@laptop', email: undefined })
      await expectError(await enter(token, headers, '/door/x', method), 403, 'csrf')
      expect(service.received).toEqual([])
    },
  )

  it.each<[string, Record<string, unknown>, string]>([
    ['for another application', { aud: ['another-tag'] }, 'wrong_audience'],
    ['of the session with Access itself', { type: 'org' }, 'wrong_profile'],
    ['without a subject', { sub: '' }, 'missing_claim'],
    ['with an empty name of a service token', { sub: '', common_name: '' }, 'invalid_claim'],
    ['of another team', { iss: 'https://other.cloudflareaccess.com' }, 'wrong_issuer'],
  ])('rejects a JWT %s', async (_, claims, reason) => {
    const response = await enter(await jwt(claims))
    await expectError(response.clone(), 401, 'invalid_token')
    expect(await reasonOf(response)).toBe(reason)
  })

  it('is no door for tokens of other issuers', async () => {
    for (const token of [await a.token(), await ofB(), 'nonsense']) {
      expect((await enter(token)).status).toBe(401)
    }
    expect(service.received).toEqual([])
  })

  it('is no door on any other route', async () => {
    await expectError(await enter(await jwt(), {}, '/api/x'), 401, 'unauthorized')
  })

  it('is no door by Authorization, nor at the exchange: it is made of a cookie', async () => {
    const token = await jwt()
    for (const path of ['/door/x', '/api/x'])
      await expectError(await call(token, {}, path), 401, 'invalid_token')
    const body = new URLSearchParams({
      ...{ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN },
      audience: 'reports',
    })
    const response = await app.request('https://gateway.test/oauth/token', { method: 'POST', body }, env)
    await expectError(response, 400, 'invalid_request')
  })

  it('never stands in for an Authorization header that is bad', async () => {
    await expectError(await enter(await jwt(), { Authorization: 'Bearer nonsense' }), 401, 'invalid_token')
  })

  it.each([
    ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
    ['POST', { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }],
    ['POST', {}],
  ])('is closed to pages of other sites: %s %j', async (method, headers) => {
    await expectError(await enter(await jwt(), headers, '/door/x', method), 403, 'csrf')
    expect(service.received).toEqual([])
  })

  it('passes its e-mail address on only where somebody says that it is proved', async () => {
    await enter(await jwt())
    expect(issued()).not.toHaveProperty('email')
    const proved = cloudflareAccess('team', {
      ...{ audience: AUD_TAG, everybody: { permissions: ['read:reports'] }, emailIsVerified: true },
    })
    env = { ...env, ISSUERS: [proved] }
    await enter(await jwt())
    expect(issued()).toMatchObject({ email: 'ada@corp.test', email_verified: true })
  })
})
