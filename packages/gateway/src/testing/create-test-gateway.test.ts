import { createKit, type FetchService, policy } from '@sealgate/kit'
import { verifyApproval } from '@sealgate/kit/approvals'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { defineGateway } from '../config/definition.ts'
import { createTestGateway, type TestGateway, type TestUser } from '../testing.ts'
import { catchLogs } from './fixtures.ts'

catchLogs()

const definition = defineGateway({
  audiences: {
    reports: { permissions: ['read:reports'], roles: ['analyst'] },
    archive: { permissions: ['read:reports'], roles: [] },
  },
  routes: [
    { match: '/api/*', methods: ['GET', 'POST'], service: 'REPORTS', audience: 'reports' },
    { match: '/archive', methods: ['GET'], service: 'ARCHIVE', audience: 'archive' },
    { match: '/app', methods: ['GET'], service: 'APP', auth: 'none' },
  ],
})

/** A whole Worker: it reads its environment, as a deployed one does. */
const reports = new Hono<SealgateEnv>()
  .use(sealgate())
  .get('/api/reports', guard(policy().needAll('read:reports')), (c) => c.json({ for: c.var.auth.sub }))
  .get('/api/roles', guard(policy().rolesAny('analyst')), (c) => c.text('analyst'))
  .get('/api/next', guard(), async (c) => c.text(await c.var.jwt.delegate(c.var.auth, { aud: 'archive' })))
  .get('/api/yes', guard(), async (c) =>
    c.text(await c.var.jwt.approve(c.var.auth, { aud: 'archive', tool: 'export', args: {} })),
  )

const reader = { sub: 'auth0|ada', permissions: ['read:reports'], roles: ['analyst'] }

const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })

async function call(gateway: TestGateway, path: string, user: TestUser = reader): Promise<Response> {
  return gateway.fetch(path, bearer(await gateway.auth0.token(user)))
}

describe('a caller with a token of the test tenant', () => {
  it.each([
    ['EdDSA', {}],
    ['slots that the environment names', { JWT_PRIVATE_JWK_NAME: 'SLOT_A, SLOT_B' }],
    ['HS512', { JWT_SECRET_NAME: 'SECRET_A' }],
    [
      'HS512 by audience',
      { JWT_SECRETS_BY_AUDIENCE: JSON.stringify({ reports: 'SECRET_R', archive: 'SECRET_A' }) },
    ],
  ])('reaches a whole service, which verifies the internal token: %s', async (_, env) => {
    const gateway = await createTestGateway(definition, { env, services: { REPORTS: reports } })
    const response = await call(gateway, '/api/reports')
    expect([response.status, await response.json()]).toEqual([200, { for: 'auth0|ada' }])
    expect((await call(gateway, '/api/roles')).status).toBe(200)
  })

  it('gets as far as its rights', async () => {
    const gateway = await createTestGateway(definition, { services: { REPORTS: reports } })
    expect((await call(gateway, '/api/reports', {})).status).toBe(403)
    expect((await call(gateway, '/api/roles', { roles: ['owner'] })).status).toBe(403)
  })

  it.each([
    ['ended', (gateway: TestGateway) => gateway.auth0.expired(reader)],
    ['is forged', (gateway: TestGateway) => gateway.auth0.forged(reader)],
    ['is for another API', (gateway: TestGateway) => gateway.auth0.token({ aud: 'https://other.test' })],
  ])('is stopped at the gateway when it %s', async (_, token) => {
    const gateway = await createTestGateway(definition)
    const response = await gateway.fetch('/api/reports', bearer(await token(gateway)))
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_token' }])
    expect(gateway.forwarded).toEqual([])
  })

  it.each(['permissions', 'scope', 'both'])('has its rights where AUTH0_RIGHTS=%s looks', async (rights) => {
    const gateway = await createTestGateway(definition, {
      env: { AUTH0_RIGHTS: rights },
      services: { REPORTS: reports },
    })
    expect((await call(gateway, '/api/reports')).status).toBe(200)
    expect((await call(gateway, '/api/reports', {})).status).toBe(403)
  })

  it('counts under a strict profile, with clients and an organization by name', async () => {
    const env = {
      AUTH0_TOKEN_PROFILE: 'rfc9068',
      AUTH0_CLIENTS: 'spa, web',
      AUTH0_ORGANIZATIONS: 'org_1',
      AUTH0_TOKEN_MAX_SECONDS: '600',
    }
    const gateway = await createTestGateway(definition, { env })
    expect((await call(gateway, '/api/reports', { ...reader, org_id: 'org_1' })).status).toBe(200)
    expect((await call(gateway, '/api/reports')).status).toBe(401)
    expect((await call(gateway, '/api/reports', { azp: 'other', org_id: 'org_1' })).status).toBe(401)
  })

  it('cannot have roles that the gateway would not read', async () => {
    const { auth0 } = await createTestGateway(definition, { env: { AUTH0_ROLES_CLAIM: '' } })
    await expect(auth0.token(reader)).rejects.toThrow('AUTH0_ROLES_CLAIM')
    await expect(auth0.token({ permissions: [] })).resolves.toBeTypeOf('string')
  })

  it('can exchange it', async () => {
    const gateway = await createTestGateway(definition)
    const response = await gateway.fetch('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: await gateway.auth0.token(reader),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'archive',
      }),
    })
    const { access_token: token } = await response.json<{ access_token: string }>()
    expect(await gateway.kit('archive').checkAuth(token)).toMatchObject({
      sub: 'auth0|ada',
      permissions: ['read:reports'],
      roles: [],
    })
  })
})

it('a client of an MCP server hears where to get a token, and gets in with one for that server', async () => {
  const gateway = await createTestGateway(
    defineGateway({
      audiences: definition.audiences,
      routes: [
        {
          match: '/mcp',
          service: 'TOOLS',
          audience: 'reports',
          mcp: { name: 'Tools', scopes: ['read:reports'] },
        },
      ],
    }),
  )
  const challenge = (await gateway.fetch('/mcp', { method: 'POST' })).headers.get('WWW-Authenticate') ?? ''
  const url = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''
  const { resource } = await (await gateway.fetch(new Request(url))).json<{ resource: string }>()
  const call = async (aud: string | undefined): Promise<number> => {
    const token = await gateway.auth0.token({ ...reader, ...(aud !== undefined && { aud }) })
    return (await gateway.fetch('/mcp', { method: 'POST', ...bearer(token) })).status
  }
  expect([await call(resource), await call(undefined)]).toEqual([200, 401])
})

describe('what reached a service', () => {
  it('is kept, with the internal token', async () => {
    const gateway = await createTestGateway(definition)
    const response = await call(gateway, '/api/reports?year=2026')
    expect(await response.json()).toEqual({ service: 'REPORTS' })
    await gateway.fetch('/app')
    expect(gateway.forwarded).toMatchObject([
      { service: 'REPORTS', method: 'GET', path: '/api/reports?year=2026' },
      { service: 'APP', method: 'GET', path: '/app', token: undefined },
    ])
    const auth = await gateway.kit('reports').checkAuth(gateway.forwarded[0]?.token ?? '')
    expect(auth).toMatchObject({ sub: 'auth0|ada', permissions: ['read:reports'], roles: ['analyst'] })
  })

  it('is what a function gets, which can verify it', async () => {
    const gateway: TestGateway = await createTestGateway(definition, {
      services: {
        async REPORTS(request) {
          const auth = await gateway.kit('reports').checkAuth(request)
          return Response.json({ sub: auth?.sub, body: await request.text() })
        },
      },
    })
    const init = { ...bearer(await gateway.auth0.token(reader)), method: 'POST', body: 'hello' }
    const response = await gateway.fetch(new Request(`${gateway.origin}/api/reports`, init))
    expect(await response.json()).toEqual({ sub: 'auth0|ada', body: 'hello' })
  })

  it('can be delegated to the next service', async () => {
    const gateway = await createTestGateway(definition, { services: { REPORTS: reports } })
    const delegated = await (await call(gateway, '/api/next')).text()
    expect(await gateway.kit('archive').checkAuth(delegated)).toMatchObject({
      sub: 'auth0|ada',
      actor: { sub: 'reports', act: { sub: 'gateway' } },
    })
  })

  it('can approve an act of the next service, which gets a receipt', async () => {
    const gateway = await createTestGateway(definition, { services: { REPORTS: reports } })
    const approval = await (await call(gateway, '/api/yes')).text()
    const used = new Set<string>()
    const approvals = { use: (name: string) => Promise.resolve(!used.has(name) && !!used.add(name)) }
    const archive = createKit({
      issuer: 'https://gateway.internal',
      audience: 'archive',
      verify: { jwksService: gateway.serviceEnv('archive').GATEWAY_KEYS as FetchService },
      exchangeService: gateway.serviceEnv('archive').GATEWAY_EXCHANGE as object,
      approvals,
    })
    const headers = {
      Authorization: `Bearer ${await (await call(gateway, '/api/next')).text()}`,
      'Txn-Token': approval,
    }
    const request = new Request('https://archive.test/', { headers })
    const decision = await verifyApproval(request, { tool: 'export', args: {} }, { kit: archive })
    if (!decision.granted) throw new Error(decision.detail)
    expect(await archive.receipt(decision.approval, 'done')).toMatchObject({ outcome: 'done' })
    expect(await verifyApproval(request, { tool: 'export', args: {} }, { kit: archive })).toMatchObject({
      reason: 'approval_used',
    })
  })

  it('is for an audience of the definition', async () => {
    const gateway = await createTestGateway(definition)
    expect(() => gateway.kit('billing')).toThrow('no audience billing')
    expect(() => gateway.serviceEnv('billing')).toThrow('no audience billing')
  })
})

describe('a user who logs in', () => {
  it.each([
    ['in memory, by the rules of the Durable Object', {}],
    ['in its cookie', { SESSION_STORE: 'cookie' }],
    ['behind a name of its own', { BASE_URL: 'https://app.example.com' }],
  ])('has a session, kept %s, until the logout', async (_, env) => {
    const gateway = await createTestGateway(definition, { env, services: { REPORTS: reports } })
    const Cookie = await gateway.login(reader)
    const response = await gateway.fetch('/api/reports', { headers: { Cookie } })
    expect([response.status, await response.json()]).toEqual([200, { for: 'auth0|ada' }])
    const logout = await gateway.fetch('/auth/logout', {
      method: 'POST',
      headers: { Cookie, Origin: gateway.origin },
    })
    expect(logout.status).toBeLessThan(400)
    expect((await gateway.fetch('/api/reports', { headers: { Cookie } })).status).toBe(401)
  })

  it('has the claims that it was given, also fresh ones', async () => {
    const gateway = await createTestGateway(definition)
    const Cookie = await gateway.login({ ...reader, name: 'Ada', [DETAILS]: 7 })
    for (const path of ['/auth/profile', '/auth/profile?fresh=1']) {
      const profile = await (await gateway.fetch(path, { headers: { Cookie } })).json()
      expect(JSON.stringify(profile)).toContain('"Ada"')
    }
  })

  it('keeps the session while Auth0 refreshes it, and loses it when it is idle too long', async () => {
    const gateway = await createTestGateway(definition)
    const Cookie = await gateway.login(reader)
    const status = async (): Promise<number> =>
      (await gateway.fetch('/api/reports', { headers: { Cookie } })).status
    for (let hours = 0; hours < 3; hours++) {
      gateway.advance(3600)
      expect(await status()).toBe(200)
    }
    gateway.auth0.break()
    gateway.advance(3600)
    expect(await status()).toBe(502)
    gateway.auth0.mend()
    expect(await status()).toBe(200)
    gateway.advance(12 * 3600 + 1)
    expect(await status()).toBe(401)
  })

  it('is told from one who cannot: the error says where the login failed', async () => {
    const gateway = await createTestGateway(definition, { env: { AUTH0_ORGANIZATIONS: 'org_1' } })
    await expect(gateway.login(reader)).rejects.toThrow('failed at its end: status 403')
    const without = await createTestGateway(definition, { env: { SESSION_SECRET: '' } })
    await expect(without.login(reader)).rejects.toThrow('failed at its start: status 500')
  })
})

const DETAILS = 'https://sealgate.test/details'

describe('the clock', () => {
  it('moves the gateway, its tenant and its kits', async () => {
    const gateway = await createTestGateway(definition, { now: () => 1_800_000_000 })
    const token = await gateway.auth0.token(reader)
    await gateway.fetch('/api/reports', bearer(token))
    const internal = gateway.forwarded[0]?.token ?? ''
    expect(await gateway.kit('reports').safeVerify(internal)).toMatchObject({
      ok: true,
      claims: { iat: 1_800_000_000 },
    })
    gateway.advance(1000)
    expect(gateway.now()).toBe(1_800_001_000)
    expect(await gateway.kit('reports').safeVerify(internal)).toMatchObject({ reason: 'expired' })
    expect((await gateway.fetch('/api/reports', bearer(token))).status).toBe(200)
    gateway.advance(3600)
    expect((await gateway.fetch('/api/reports', bearer(token))).status).toBe(401)
    expect((await call(gateway, '/api/reports')).status).toBe(200)
  })
})

describe('an outage of Auth0', () => {
  it.each([[undefined], [404], [{ body: '<html>' }], ['throw' as const]])(
    'is played (%j), and ends',
    async (how) => {
      const gateway = await createTestGateway(definition)
      gateway.auth0.break(how)
      const response = await call(gateway, '/api/reports')
      expect([response.status, response.headers.get('X-Error-Source')]).toEqual([503, 'auth0'])
      gateway.auth0.mend()
      gateway.advance(60)
      expect((await call(gateway, '/api/reports')).status).toBe(200)
    },
  )
})

describe('a definition that would not run', () => {
  it.each([
    [
      'names an unknown permission',
      { routes: [{ ...definition.routes[0], require: ['write:reports'] }] },
      'never carries',
    ],
    ['has no audience', { audiences: {}, routes: [] }, 'names no audience'],
  ])('is rejected when it %s', async (_, change, words) => {
    const broken = { ...definition, ...change } as typeof definition
    await expect(createTestGateway(broken)).rejects.toThrow(words)
  })

  it('is rejected with an environment that would not run', async () => {
    const env = { AUTH0_DOMAIN: 'https://tenant.test/' }
    await expect(createTestGateway(definition, { env })).rejects.toThrow('AUTH0_DOMAIN must be a host name')
  })
})
