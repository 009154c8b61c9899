import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  CLIENT_IP,
  EMAIL,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
} from './testing/fixtures.ts'
import { app } from './testing/test-gateway.ts'

let auth0: FakeAuth0
let slot: string
const logs = catchLogs()

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
})

describe('GET /health', () => {
  it('says that the Worker runs, even when its configuration is not right', async () => {
    const response = await app.request('/health', {}, {})
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('the log', () => {
  it('has one line a request: which route, and never the path, the query, the address or the token', async () => {
    const env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, LOG_LEVEL: 'debug' })
    const token = await auth0.token()
    const response = await app.request(
      `/api/profile/${EMAIL}?code=canary-code`,
      {
        headers: {
          Authorization: `Bearer ${token}`,
          Cookie: 'session=canary',
          'CF-Connecting-IP': CLIENT_IP,
        },
      },
      env,
    )
    expect(await logs.of(response)).toEqual([
      {
        ts: expect.any(String) as string,
        level: 'debug',
        event: 'request',
        schema: 1,
        service: 'gateway',
        env: 'test',
        request_id: response.headers.get('X-Request-Id'),
        trace_id: expect.stringMatching(/^[\da-f]{32}$/) as string,
        decision: 'granted',
        status: 200,
        method: 'GET',
        route: '/api/*',
        ms: expect.any(Number) as number,
        t_verify_ms: expect.any(Number) as number,
        t_policy_ms: expect.any(Number) as number,
        t_service_ms: expect.any(Number) as number,
        audience: 'reports',
        client_id: 'web',
        kind: 'user',
        kid: 'slot-a',
        jti: expect.any(String) as string,
        sub_hash: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      },
    ])
    for (const secret of [token, EMAIL, CLIENT_IP, 'canary', 'auth0|alice']) {
      expect(logs.text()).not.toContain(secret)
    }
  })

  it('says why a request was rejected, with the word that the caller does not get', async () => {
    const env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
    const headers = { Authorization: `Bearer ${await auth0.token({ azp: 'foreign' })}` }
    expect(await logs.of(await app.request('/api/x', { headers }, env))).toMatchObject([
      {
        level: 'warn',
        route: '/api/*',
        decision: 'denied',
        status: 401,
        reason: 'invalid_token',
        error: 'invalid_token',
        detail: 'unknown_client',
      },
    ])
  })
})

describe('the level of a line', () => {
  const lineOf = async (
    path: string,
    answer: Response,
    more: object = {},
    claims: object = {},
  ): Promise<unknown> => {
    const env = gatewayEnv({
      JWT_PRIVATE_JWK_NAME: 'SLOT_A',
      SLOT_A: slot,
      LOG_LEVEL: 'debug',
      CONSUMER: { fetch: () => Promise.resolve(answer) },
      ...more,
    })
    const headers = { Authorization: `Bearer ${await auth0.token({ ...claims })}` }
    const [line] = await logs.of(await app.request(path, { headers }, env))
    return line
  }

  it.each<[what: string, status: number, level: string, decision: string]>([
    ['passes', 200, 'debug', 'granted'],
    ['the service does not find', 404, 'debug', 'granted'],
    ['the service finds wrong', 400, 'debug', 'granted'],
    ['the service denies with 401', 401, 'warn', 'denied'],
    ['the service denies with 403', 403, 'warn', 'denied'],
    ['the service fails', 500, 'error', 'failed'],
  ])('of what %s is that of %i: %s', async (_, status, level, decision) => {
    expect(await lineOf('/api/x', new Response('', { status }))).toMatchObject({ level, status, decision })
  })

  it('of what no route is there for is that of a denial of ours', async () => {
    const line = await lineOf('/nothing', new Response())
    expect(line).toMatchObject({ level: 'warn', status: 404, decision: 'denied', reason: 'not_found' })
  })

  it('of a grant is none by default: nothing is made of it', async () => {
    const env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
    const headers = { Authorization: `Bearer ${await auth0.token()}` }
    const granted = [await app.request('/health', {}, env), await app.request('/api/x', { headers }, env)]
    expect(await logs.of(await app.request('/api/x', {}, env))).toMatchObject([{ status: 401 }])
    const ids = granted.map((response) => response.headers.get('X-Request-Id') ?? '')
    expect(ids.filter((id) => logs.text().includes(id))).toEqual([])
  })

  it('names what a route requires, and what the caller holds', async () => {
    const ROUTES = [
      {
        match: '/api/*',
        methods: ['GET'],
        service: 'CONSUMER',
        audience: 'reports',
        require: ['read:reports'],
      },
    ]
    expect(await lineOf('/api/x', new Response(), { ROUTES }, { permissions: ['read:other'] })).toMatchObject(
      {
        reason: 'insufficient_scope',
        rule: 'has the permission read:reports',
        held: 'permissions: read:other',
      },
    )
  })
})

describe('the gateway’s own routes', () => {
  const DEV_PATHS = ['/dev/token', '/dev/keys', '/dev/rotate', '/dev/why/0f1e2d3c']
  const CROSS_SITE = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' }
  let env: Record<string, unknown>
  beforeAll(() => {
    env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
  })

  it.each(['/%6fauth/token', '/oauth/%74oken', '/%61uth/login', '/%6fpenapi.json'])(
    'are not behind %s: a rule in front of the Worker would not know them',
    async (path) => {
      const response = await app.request(`https://gateway.test${path}`, {}, env)
      await expectError(response, 400, 'invalid_request')
    },
  )

  it.each(DEV_PATHS)('are not at %s but in development', async (path) => {
    for (const WORKER_ENV of ['test', 'staging', 'production']) {
      const on = { ...env, WORKER_ENV, AUTH0_CLIENTS: 'web' }
      await expectError(await app.request(`https://gateway.test${path}`, {}, on), 404, 'not_found')
    }
    const routes = [{ match: '/dev/*', methods: ['GET'], service: 'CONSUMER', auth: 'none' }]
    const forwarded = await app.request(`https://gateway.test${path}`, {}, { ...env, ROUTES: routes })
    expect(await forwarded.text()).toBe('consumer')
  })

  it('in development tell which slots there are, and rotate for pages of ours alone', async () => {
    const dev = { ...env, WORKER_ENV: 'dev', DEV_CONTROL: 'http://127.0.0.1:1', DEV_CONTROL_SECRET: 's' }
    const keys = await app.request('https://gateway.test/dev/keys', {}, dev)
    expect(await keys.json()).toMatchObject({ slots: [{ kid: 'slot-a' }] })
    const headers = { Origin: 'https://evil.test' }
    const rotated = await app.request('https://gateway.test/dev/rotate', { method: 'POST', headers }, dev)
    await expectError(rotated, 403, 'csrf')
    const why = await app.request('https://gateway.test/dev/why/0f1e2d3c', { headers: CROSS_SITE }, dev)
    await expectError(why, 403, 'csrf')
    const none = { ...env, WORKER_ENV: 'dev' }
    await expectError(await app.request('https://gateway.test/dev/why/0f1e2d3c', {}, none), 404, 'not_found')
    await expectError(
      await app.request('https://gateway.test/dev/why/..%2Frotate', {}, dev),
      404,
      'not_found',
    )
  })
})
