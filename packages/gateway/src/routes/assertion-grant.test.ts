import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../app.ts'
import { gatewaysOf } from '../gateway.ts'
import { revoke } from '../operations/revocation.ts'
import { whois } from '../operations/whois.ts'
import { fakeIssuer, type FakeIssuer, keysOf } from '../testing/fake-issuers.ts'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  ISSUER,
  memoryKv,
  newSlot,
  type RecordingService,
  recordingService,
} from '../testing/fixtures.ts'
import { definition } from '../testing/test-gateway.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const BASE_URL = 'https://gateway.test'
const REPORTS = `${BASE_URL}/mcp/reports`
const ARCHIVE = `${BASE_URL}/mcp/archive`
const IDP = 'https://acme.okta.test'
const secretOf = (client: string): string => `the secret of ${client}`

let tenant: FakeAuth0
let idp: FakeIssuer
let stranger: FakeIssuer
let slot: string
let service: RecordingService
let env: Record<string, unknown>
let fetched: number
let app: ReturnType<typeof createApp>
const logs = catchLogs()

const common = { service: 'CONSUMER', audience: 'reports' }
const ROUTES = [
  {
    ...common,
    match: '/mcp/reports',
    mcp: {
      name: 'Reports',
      scopes: ['read:reports', 'export:reports'],
      enterprise: {
        issuers: [ISSUER, { issuer: IDP, jwksUri: `${IDP}/oauth2/v1/keys`, algorithms: ['RS256'] }],
      },
    },
  },
  // One tenant of it alone, and one without.
  {
    ...common,
    match: '/mcp/archive',
    mcp: { name: 'Archive', scopes: ['read:reports'], enterprise: { issuers: ['tenant'] } },
  },
  { ...common, match: '/mcp/plain', mcp: { name: 'Plain', scopes: ['read:reports'] } },
  { ...common, match: '/api/*', methods: ['GET', 'POST'] },
]
const CLIENTS = {
  desktop: { audiences: ['reports'], kind: 'agent' },
  batch: { audiences: ['reports'] },
  archivist: { audiences: ['archive'] },
}

beforeAll(async () => {
  tenant = await fakeAuth0()
  idp = await fakeIssuer(IDP, { kid: 'idp', jwksUrl: `${IDP}/oauth2/v1/keys` })
  stranger = await fakeIssuer('https://stranger.test', { kid: 'idp' })
  slot = await newSlot('slot-a')
})
beforeEach(async () => {
  fetched = 0
  idp.isDown = false
  tenant.respond()
  const network = keysOf([idp, stranger], tenant.fetch)
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    fetched++
    return network(input, init)
  })
  service = recordingService()
  app = createApp(gatewaysOf(definition))
  const hashes = Object.keys(CLIENTS).map(async (id) => [id, await hashOf(secretOf(id))] as const)
  const EXCHANGE_CLIENTS = Object.fromEntries(await Promise.all(hashes))
  env = gatewayEnv({
    ...{ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, BASE_URL, ROUTES, CLIENTS, EXCHANGE_CLIENTS },
    CONSUMER: service,
  })
})

async function hashOf(secret: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

type Claims = Readonly<Record<string, unknown>>

const now = (): number => Math.floor(Date.now() / 1000)

/** An assertion of the identity provider; what is `undefined` is left out. */
const assertionOf = (claims: Claims = {}, header: Claims = {}): Promise<string> =>
  idp.token(
    {
      ...{ aud: BASE_URL, sub: 'U019', client_id: 'desktop', resource: REPORTS, scope: 'read:reports' },
      ...{ jti: crypto.randomUUID(), iat: now(), exp: now() + 200, auth_time: now() - 60, ...claims },
    },
    { typ: 'oauth-id-jag+jwt', ...header },
  )

async function request(
  assertion: string,
  { client = 'desktop', secret = secretOf(client), ...more }: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams({
    ...{ grant_type: JWT_BEARER, assertion, client_id: client, client_secret: secret, ...more },
  })
  return app.request(`${BASE_URL}/oauth/token`, { method: 'POST', body }, env)
}

interface Granted {
  readonly access_token: string
  readonly scope?: string
  readonly expires_in: number
}

async function granted(assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Granted> {
  const response = await request(assertion, more)
  expect(response.status).toBe(200)
  return response.json<Granted>()
}

const use = (token: string, path = '/mcp/reports'): Promise<Response> =>
  Promise.resolve(
    app.request(
      `${BASE_URL}${path}`,
      { method: 'POST', body: '{}', headers: { Authorization: `Bearer ${token}` } },
      env,
    ),
  )

async function denied(response: Response, error: string, detail: string): Promise<void> {
  await expectError(response.clone(), 400, error)
  const lines = (await logs.of(response)) as { detail?: string }[]
  expect(lines.find((line) => line.detail !== undefined)?.detail).toBe(detail)
}

describe('an identity assertion', () => {
  it('gets its client a token for its resource, which the MCP server behind lets in', async () => {
    const loggedIn = now() - 60
    const response = await request(await assertionOf({ auth_time: loggedIn }))
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const body = await response.json<Granted>()
    expect(body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read:reports',
    })
    expect(decodeProtectedHeader(body.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'EdDSA' })
    expect(decodeJwt(body.access_token)).toMatchObject({
      ...{ iss: BASE_URL, aud: REPORTS, sub: `${IDP}#U019`, client_id: 'desktop', scope: 'read:reports' },
      auth_iat: loggedIn,
    })
    expect((await use(body.access_token)).status).toBe(200)
    expect(decodeJwt(service.token())).toMatchObject({
      ...{ iss: 'https://gateway.internal', aud: 'reports', sub: `${IDP}#U019`, client_id: 'desktop' },
      ...{ kind: 'agent', permissions: ['read:reports'], roles: [] },
    })
  })

  it('of the tenant names its user as the tenant does', async () => {
    const claims = { ...{ aud: BASE_URL, client_id: 'batch', resource: ARCHIVE, scope: 'read:reports' } }
    const assertion = await tenant.token(
      { ...claims, azp: undefined, permissions: undefined, jti: 'j', iat: now(), exp: now() + 200 },
      { header: { typ: 'oauth-id-jag+jwt' } },
    )
    const { access_token: token } = await granted(assertion, { client: 'batch' })
    expect(decodeJwt(token)).toMatchObject({ sub: 'auth0|alice', kind: 'user', aud: ARCHIVE })
  })

  it.each(['permissions', 'scope', 'both'])(
    'gives rights by its scope alone, with AUTH0_RIGHTS=%s',
    async (rights) => {
      env = { ...env, AUTH0_RIGHTS: rights }
      const { access_token: token } = await granted(await assertionOf())
      expect((await use(token)).status).toBe(200)
      expect(decodeJwt(service.token()).permissions).toEqual(['read:reports'])
    },
  )

  it('may be used for less scope than it grants', async () => {
    const assertion = await assertionOf({ scope: 'read:reports export:reports' })
    expect(await granted(assertion, { scope: 'export:reports' })).toMatchObject({ scope: 'export:reports' })
  })

  it('for several resources is used for the one that is requested', async () => {
    const assertion = await assertionOf({ resource: [REPORTS, 'https://elsewhere.test'] })
    const { access_token: token } = await granted(assertion, { resource: REPORTS })
    expect(decodeJwt(token).aud).toBe(REPORTS)
  })

  it('counts once', async () => {
    const assertion = await assertionOf()
    await granted(assertion)
    await denied(await request(assertion), 'invalid_grant', 'used')
  })

  it('counts once in all isolates that share a deny-list', async () => {
    const kv = memoryKv()
    env = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv }
    const assertion = await assertionOf()
    await granted(assertion)
    await vi.waitFor(() => expect(kv.entries.size).toBe(1))
    app = createApp(gatewaysOf(definition))
    await denied(await request(assertion), 'invalid_grant', 'used elsewhere')
  })

  it('still counts after a request of which nothing came', async () => {
    const assertion = await assertionOf()
    await denied(
      await request(assertion, { scope: 'manage:users' }),
      'invalid_scope',
      'a scope that the assertion does not grant',
    )
    await granted(assertion)
  })

  it.each<[string, Claims, Claims, string]>([
    ['for another authorization server', { aud: 'https://other.test' }, {}, 'wrong_audience'],
    ['for the resource in place of the server', { aud: REPORTS }, {}, 'wrong_audience'],
    ['for this gateway’s internal issuer', { aud: 'https://gateway.internal' }, {}, 'wrong_audience'],
    ['for this server with a slash', { aud: `${BASE_URL}/` }, {}, 'wrong_audience'],
    ['for several servers', { aud: [BASE_URL, 'https://other.test'] }, {}, 'wrong_audience'],
    ['of another client', { client_id: 'batch' }, {}, 'another_client'],
    ['of no client', { client_id: undefined }, {}, 'no_client'],
    ['of an issuer that is not listed', { iss: 'https://stranger.test' }, {}, 'wrong_issuer'],
    ['of an issuer with a slash', { iss: `${IDP}/` }, {}, 'wrong_issuer'],
    [
      'that names the tenant and is signed by another',
      { iss: ISSUER, sub: 'auth0|alice' },
      {},
      'unknown_kid',
    ],
    ['with the typ of an access token', {}, { typ: 'at+jwt' }, 'wrong_type'],
    ['with the typ of an ID token', {}, { typ: 'JWT' }, 'wrong_type'],
    ['without a typ', {}, { typ: undefined }, 'wrong_type'],
    ['that has ended', { iat: now() - 600, exp: now() - 61 }, {}, 'expired'],
    ['that lives for an hour', { exp: now() + 3600 }, {}, 'lives_too_long'],
    ['from the future', { iat: now() + 120, exp: now() + 200 }, {}, 'issued_in_future'],
    ['without a jti', { jti: undefined }, {}, 'no_jti'],
    ['with an empty jti', { jti: '' }, {}, 'invalid_claim'],
    ['with a jti of a kilobyte', { jti: 'x'.repeat(1024) }, {}, 'no_jti'],
    ['without a resource', { resource: undefined }, {}, 'no_resource'],
    ['without any of its resources', { resource: [] }, {}, 'no_resource'],
    ['whose resource is no text', { resource: [REPORTS, 1] }, {}, 'no_resource'],
    ['without a subject', { sub: undefined }, {}, 'missing_claim'],
    ['whose subject is no Unicode', { sub: '\ud800' }, {}, 'wrong_subject'],
    ['that is bound to a key', { cnf: { jkt: 'x' } }, {}, 'sender_constrained'],
    ['with details that nobody grants', { authorization_details: [] }, {}, 'authorization_details'],
    ['of one tenant of its issuer', { tenant: 'acme' }, {}, 'tenant'],
    ['for somebody who acts for the user', { act: { sub: 'bot' } }, {}, 'actor'],
    ['that lets somebody act for the user', { may_act: { sub: 'bot' } }, {}, 'actor'],
  ])('%s is rejected', async (_, claims, header, detail) => {
    await denied(await request(await assertionOf(claims, header)), 'invalid_grant', detail)
  })

  it.each([
    ['a machine', { sub: 'm2m@clients' }],
    ['a party of another issuer', { sub: `${IDP}#U019` }],
    ['a member of an organization that is not let in', { org_id: 'org_1' }],
  ])('of the tenant for %s is rejected', async (_, claims) => {
    const all = {
      aud: BASE_URL,
      client_id: 'desktop',
      resource: REPORTS,
      jti: 'j',
      iat: now(),
      exp: now() + 200,
    }
    const assertion = await tenant.token({ ...all, ...claims }, { header: { typ: 'oauth-id-jag+jwt' } })
    await denied(await request(assertion), 'invalid_grant', 'wrong_subject')
  })

  it('of an issuer that is not listed is rejected without a fetch', async () => {
    await request(await stranger.token({ aud: BASE_URL }, { typ: 'oauth-id-jag+jwt' }))
    expect(fetched).toBe(0)
  })

  it.each([
    ['HS256 with the public key as secret', 'HS256'],
    ['another algorithm of the same key', 'PS256'],
    ['none', 'none'],
  ])('signed with %s is rejected', async (_, alg) => {
    const [, payload = ''] = (await assertionOf()).split('.')
    const header = { alg, kid: 'idp', typ: 'oauth-id-jag+jwt' }
    const claims = decodeJwt(`e30.${payload}.`)
    const signed =
      alg === 'none'
        ? `${base64url.encode(JSON.stringify(header))}.${payload}.`
        : await new SignJWT(claims)
            .setProtectedHeader(header)
            .sign(
              alg === 'HS256'
                ? new TextEncoder().encode(JSON.stringify(idp.publicJwk))
                : (await generateKeyPair(alg)).privateKey,
            )
    await denied(await request(signed), 'invalid_grant', 'unsupported_alg')
  })

  it('by another key of that name is rejected', async () => {
    const forged = await stranger.token(
      {
        ...{ iss: IDP, aud: BASE_URL, sub: 'U019', client_id: 'desktop', resource: REPORTS, jti: 'j' },
        ...{ iat: now(), exp: now() + 200 },
      },
      { typ: 'oauth-id-jag+jwt' },
    )
    await denied(await request(forged), 'invalid_grant', 'bad_signature')
  })

  it.each<[string, Claims, Readonly<Record<string, string>>, string]>([
    [
      'that does not exist',
      { resource: `${BASE_URL}/mcp/none` },
      {},
      'a resource that is not open to this issuer',
    ],
    [
      'that is not open to its issuer',
      { resource: ARCHIVE },
      {},
      'a resource that is not open to this issuer',
    ],
    [
      'that has no enterprise issuers',
      { resource: `${BASE_URL}/mcp/plain` },
      {},
      'a resource that is not open to this issuer',
    ],
    ['with a slash more', { resource: `${REPORTS}/` }, {}, 'a resource that is not open to this issuer'],
    ['that it does not name', {}, { resource: ARCHIVE }, 'a resource that the assertion does not name'],
    ['or another', { resource: [REPORTS, ARCHIVE] }, {}, 'several resources'],
  ])('gets no token for a resource %s', async (_, claims, more, detail) => {
    await denied(await request(await assertionOf(claims), more), 'invalid_target', detail)
  })

  it('gets no token for an audience that its client has not', async () => {
    const assertion = await assertionOf({ client_id: 'archivist' })
    await denied(
      await request(assertion, { client: 'archivist' }),
      'invalid_target',
      'the client may not exchange for reports',
    )
  })

  it.each<[string, Claims, Readonly<Record<string, string>>, string]>([
    [
      'of the assertion',
      { scope: 'read:reports manage:users' },
      {},
      'a scope that the resource does not have',
    ],
    [
      'of the request',
      {},
      { scope: 'read:reports export:reports' },
      'a scope that the assertion does not grant',
    ],
    [
      'of a request without any in the assertion',
      { scope: undefined },
      { scope: 'read:reports' },
      'a scope that the assertion does not grant',
    ],
  ])('gets no wider scope: that %s', async (_, claims, more, detail) => {
    await denied(await request(await assertionOf(claims), more), 'invalid_scope', detail)
  })

  it('without a scope gets a token that opens nothing', async () => {
    env = { ...env, ROUTES: [{ ...ROUTES[0], require: ['read:reports'] }] }
    const body = await granted(await assertionOf({ scope: undefined }))
    expect(body).not.toHaveProperty('scope')
    const response = await use(body.access_token)
    expect(response.status).toBe(403)
  })

  it('needs its client: none, a wrong secret, and where anybody may exchange', async () => {
    const assertion = await assertionOf()
    await expectError(await request(assertion, { secret: 'wrong' }), 401, 'invalid_client')
    env = { ...env, EXCHANGE_PUBLIC: 'true' }
    const body = new URLSearchParams({ grant_type: JWT_BEARER, assertion })
    await expectError(
      await app.request(`${BASE_URL}/oauth/token`, { method: 'POST', body }, env),
      401,
      'invalid_client',
    )
    await granted(assertion)
  })

  it('of a user who was revoked after the login is rejected, and so is the token that they have', async () => {
    env = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const { access_token: token } = await granted(await assertionOf())
    await revoke(await gatewaysOf(definition)(env), { sub: `${IDP}#U019` })
    // One that has not looked lately.
    app = createApp(gatewaysOf(definition))
    await denied(await request(await assertionOf()), 'invalid_grant', 'revoked')
    expect((await use(token)).status).toBe(401)
  })

  it('is no access token itself', async () => {
    await expectError(await use(await assertionOf({ aud: REPORTS })), 401, 'invalid_token')
  })

  it('whose issuer’s keys cannot be had waits', async () => {
    idp.isDown = true
    await expectError(await request(await assertionOf()), 503, 'temporarily_unavailable')
  })

  it('is for gateways that say so: elsewhere the grant is not supported', async () => {
    env = { ...env, ROUTES: ROUTES.slice(2) }
    await expectError(await request(await assertionOf()), 400, 'unsupported_grant_type')
  })
})

describe('the token of a resource', () => {
  it.each(['/mcp/archive', '/mcp/plain', '/api/x'])('opens no other route: %s', async (path) => {
    const { access_token: token } = await granted(await assertionOf())
    await expectError(await use(token, path), 401, 'invalid_token')
    expect(service.received).toEqual([])
  })

  it('ends when its client revokes it (RFC 7009)', async () => {
    env = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const { access_token: token } = await granted(await assertionOf())
    expect((await use(token)).status).toBe(200)
    const body = new URLSearchParams({ token, client_id: 'desktop', client_secret: secretOf('desktop') })
    const { status } = await app.request(`${BASE_URL}/oauth/revoke`, { method: 'POST', body }, env)
    expect(status).toBe(200)
    await expectError(await use(token), 401, 'invalid_token')
  })

  it('is no subject token of the exchange', async () => {
    const { access_token: token } = await granted(await assertionOf())
    const body = new URLSearchParams({
      ...{
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        audience: 'reports',
      },
      ...{ subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
      ...{ client_id: 'desktop', client_secret: secretOf('desktop') },
    })
    await expectError(
      await app.request(`${BASE_URL}/oauth/token`, { method: 'POST', body }, env),
      400,
      'invalid_request',
    )
  })

  it('is explained to an operator as one of this gateway', async () => {
    const { access_token: token } = await granted(await assertionOf())
    expect(await whois(await gatewaysOf(definition)(env), token)).toMatchObject({
      ...{ issued: 'here', ok: true, key: { kid: 'slot-a' } },
    })
    const [header, payload] = token.split('.')
    const forged = `${header ?? ''}.${payload ?? ''}.${'A'.repeat(86)}`
    expect(await whois(await gatewaysOf(definition)(env), forged)).toMatchObject({ reason: 'bad_signature' })
  })

  it('is told from an internal token, also where both have one issuer', async () => {
    env = { ...env, JWT_ISS: BASE_URL }
    const { access_token: token } = await granted(await assertionOf())
    expect((await use(token)).status).toBe(200)
    // What the service got opens nothing at the gateway.
    await expectError(await use(service.token()), 401, 'invalid_token')
    const kit = (await gatewaysOf(definition)(env)).kitFor('reports')
    expect(await kit.safeVerify(token, { aud: REPORTS })).toMatchObject({ ok: false, reason: 'wrong_type' })
  })
})

describe('metadata', () => {
  const read = async (path: string): Promise<Record<string, unknown>> =>
    (await app.request(`${BASE_URL}${path}`, {}, env)).json()

  it('of the authorization server lists the grant and its profile, under the issuer that assertions are for', async () => {
    expect(await read('/.well-known/oauth-authorization-server')).toMatchObject({
      issuer: BASE_URL,
      token_endpoint: `${BASE_URL}/oauth/token`,
      grant_types_supported: expect.arrayContaining([JWT_BEARER]) as string[],
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
      protected_resources: [REPORTS, ARCHIVE],
    })
  })

  it('of the resource names this gateway beside the tenant, and only where it issues tokens', async () => {
    expect(await read('/.well-known/oauth-protected-resource/mcp/reports')).toMatchObject({
      authorization_servers: [ISSUER, BASE_URL],
    })
    expect(await read('/.well-known/oauth-protected-resource/mcp/plain')).toMatchObject({
      authorization_servers: [ISSUER],
    })
  })
})

describe('enterprise is rejected, in words that help:', () => {
  const withIssuers = (...issuers: unknown[]): object => ({
    ROUTES: [{ ...ROUTES[2], mcp: { name: 'x', scopes: [], enterprise: { issuers } } }],
  })

  it.each<[string, object, RegExp]>([
    [
      'a name that nobody knows',
      withIssuers('https://nobody.test'),
      /https:\/\/nobody.test, which is not in issuers/,
    ],
    ['no issuer at all', withIssuers(), /enterprise.issuers must not be empty/],
    [
      'keys of the tenant',
      withIssuers({ issuer: ISSUER }),
      /gives keys for https:\/\/tenant.test\/, which are known/,
    ],
    ['this gateway', withIssuers({ issuer: BASE_URL }), /names this gateway/],
    ['plain http', withIssuers({ issuer: 'http://idp.test' }), /must be https/],
    ['an algorithm that there is not', withIssuers({ issuer: IDP, algorithms: ['HS256'] }), /HS256/],
    [
      'one set of keys for two',
      withIssuers({ issuer: IDP, jwksUri: `${ISSUER}.well-known/jwks.json` }, ISSUER),
      /one set of keys/,
    ],
    ['nobody who may request', { CLIENTS: {}, EXCHANGE_CLIENTS: undefined }, /nobody is in clients/],
    ['tokens that must be bound', { DPOP: 'required' }, /DPOP=required takes none such/],
    ['HS512', { JWT_PRIVATE_JWK_NAME: undefined, JWT_SECRET: btoa('x'.repeat(64)) }, /needs EdDSA keys/],
  ])('%s', (_, more, words) => {
    expect(() => gatewaysOf(definition)({ ...env, ...more })).toThrow(words)
  })
})
