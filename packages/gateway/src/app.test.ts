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
    const env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
    const token = await auth0.token()
    const before = logs.lines().length
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
    const [line, ...more] = logs.lines().slice(before)
    expect(more).toEqual([])
    expect(line).toEqual({
      event: 'request',
      requestId: response.headers.get('X-Request-Id'),
      traceId: expect.stringMatching(/^[\da-f]{32}$/) as string,
      method: 'GET',
      route: '/api/*',
      user: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      status: 200,
      durationMs: expect.any(Number) as number,
    })
    for (const secret of [token, EMAIL, CLIENT_IP, 'canary', 'auth0|alice']) {
      expect(logs.text()).not.toContain(secret)
    }
  })

  it('says why a request was rejected, with the word that the caller does not get', async () => {
    const env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot })
    const headers = { Authorization: `Bearer ${await auth0.token({ azp: 'foreign' })}` }
    const before = logs.lines().length
    await app.request('/api/x', { headers }, env)
    expect(logs.lines().slice(before)).toMatchObject([
      { route: '/api/*', status: 401, error: 'invalid_token', source: 'gateway', detail: 'unknown_client' },
    ])
  })
})

describe('the gateway’s own routes', () => {
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

  it.each(['/dev/token', '/dev/keys', '/dev/rotate'])('are not at %s but in development', async (path) => {
    await expectError(await app.request(`https://gateway.test${path}`, {}, env), 404, 'not_found')
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
  })
})
