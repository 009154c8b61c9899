import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { catchLogs, countingLimiter, expectError, gatewayEnv, newSlot } from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

let slot: string
let env: Record<string, unknown>
let asked: Request[]
let answer: () => Response | Promise<Response>
const logs = catchLogs()

const CREDENTIALS = { username: 'alice.canary@example.test', password: 'canary-password' }
const IP = '203.0.113.9'

beforeAll(async () => {
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  asked = []
  answer = () => Response.json({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer' })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    asked.push(new Request(input, init))
    return answer()
  })
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    AUTH0_CLIENT_ID: 'backoffice',
    AUTH0_CLIENT_SECRET: 'canary-secret',
    AUTH0_CONNECTION: 'Users',
  })
})

async function login(
  body: unknown = CREDENTIALS,
  headers: Record<string, string> = { 'CF-Connecting-IP': IP },
): Promise<Response> {
  return app.request(
    'https://gateway.test/oauth/token',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    env,
  )
}

describe('the password realm', () => {
  it('sends Auth0 what its grant needs, and the caller’s address', async () => {
    const response = await login({ ...CREDENTIALS, scope: 'admin', audience: 'other' })
    expect(await response.json()).toEqual({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const [request, ...more] = asked
    expect(more).toEqual([])
    expect(request?.url).toBe('https://tenant.test/oauth/token')
    expect(request?.headers.get('auth0-forwarded-for')).toBe(IP)
    expect(Object.fromEntries(new URLSearchParams(await request?.text()))).toEqual({
      grant_type: 'http://auth0.com/oauth/grant-type/password-realm',
      realm: 'Users',
      audience: 'https://api.test',
      scope: 'openid email profile offline_access',
      client_id: 'backoffice',
      client_secret: 'canary-secret',
      ...CREDENTIALS,
    })
  })

  it.each([
    [403, { error: 'mfa_required', error_description: 'x', mfa_token: 't' }, {}],
    [403, { error: 'invalid_grant', error_description: 'Wrong email or password.' }, {}],
    [429, { error: 'too_many_attempts' }, { 'Retry-After': '10', 'X-RateLimit-Remaining': '0' }],
  ])('passes %i on as Auth0 says it', async (status, body, headers: Record<string, string>) => {
    answer = () =>
      Response.json(body, { status, headers: { ...headers, 'Set-Cookie': 'did=1', Server: 'x' } })
    const response = await login()
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual(body)
    expect(response.headers.get('X-Error-Source')).toBe('auth0')
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect(response.headers.get('Server')).toBeNull()
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
  })

  it.each<[string, () => Response | Promise<Response>, number]>([
    ['cannot be reached', () => Promise.reject(new Error('canary')), 503],
    ['fails', () => Response.json({ error: 'canary' }, { status: 500 }), 502],
    ['answers HTML', () => new Response('<html>canary', { headers: { 'Content-Type': 'text/html' } }), 502],
    ['redirects', () => new Response(null, { status: 302, headers: { Location: 'https://evil.test' } }), 502],
    [
      'answers without end',
      () => {
        const endless = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) })
        return new Response(endless, { headers: { 'Content-Type': 'application/json' } })
      },
      502,
    ],
  ])('says who is down when Auth0 %s', async (_, how, status) => {
    answer = how
    const response = await login()
    expect(response.headers.get('X-Error-Source')).toBe('auth0')
    expect(response.headers.get('Retry-After')).toBe('5')
    expect(await response.clone().text()).not.toContain('canary')
    await expectError(response, status, 'auth0_unavailable')
  })

  it.each([
    ['no JSON', 'nonsense'],
    ['an empty body', ''],
    ['a list', [1]],
    ['no password', { username: 'a' }],
    ['an empty user name', { ...CREDENTIALS, username: '' }],
    ['a password that is a number', { ...CREDENTIALS, password: 1 }],
  ])('rejects %s and asks nobody', async (_, body) => {
    await expectError(await login(body), 400, 'invalid_request')
    expect(asked).toEqual([])
  })

  it('rejects a user name that no address is as long as, before it is brought into one form', async () => {
    const response = await login({ ...CREDENTIALS, username: 'a'.repeat(321) })
    expect(await expectError(response, 400, 'invalid_request')).toContain('longer than 320 characters')
    expect((await login({ ...CREDENTIALS, username: 'a'.repeat(320) })).status).toBe(200)
  })

  it('rejects a body of 1 MB and one that is not UTF-8', async () => {
    await expectError(await login('x'.repeat(1_000_000)), 413, 'invalid_request')
    const response = await app.request(
      'https://gateway.test/oauth/token',
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: new Uint8Array([0xff, 0xfe]) },
      env,
    )
    await expectError(response, 400, 'invalid_request')
  })

  it('is not there unless it is configured', async () => {
    env = { ...env, AUTH0_CONNECTION: '' }
    await expectError(await login(), 404, 'not_found')
    expect(asked).toEqual([])
  })

  it('takes X-Real-IP for the address in tests and development only', async () => {
    await login(CREDENTIALS, { 'X-Real-IP': '198.51.100.7' })
    expect(asked[0]?.headers.get('auth0-forwarded-for')).toBe('198.51.100.7')
    env = { ...env, WORKER_ENV: 'production', RATE_LIMITER: countingLimiter(9) }
    await expectError(await login(CREDENTIALS, { 'X-Real-IP': '198.51.100.7' }), 400, 'invalid_request')
    expect(asked).toHaveLength(1)
  })

  it('leaves no name, password, secret or address in the log', async () => {
    env = { ...env, LOG_LEVEL: 'debug' }
    await login()
    await vi.waitFor(() => expect(logs.text()).toMatch(/"tried_hash":"[0-9a-f]{32}"/))
    for (const secret of ['canary', IP]) expect(logs.text()).not.toContain(secret)
  })
})

describe('its limits', () => {
  it('count the address and, hashed, the user name', async () => {
    const limiter = countingLimiter(2)
    env = { ...env, RATE_LIMITER: limiter }
    await login()
    await login({ ...CREDENTIALS, username: 'other' }, { 'CF-Connecting-IP': '198.51.100.7' })
    const [ip, user, otherIp, otherUser] = limiter.keys
    expect([ip, otherIp]).toEqual([`ip:${IP}`, 'ip:198.51.100.7'])
    expect(user).toMatch(/^user:[0-9a-f]{32}$/)
    expect(otherUser).not.toBe(user)
  })

  it('reject a name that is guessed at from many addresses', async () => {
    env = { ...env, RATE_LIMITER: countingLimiter(2) }
    for (const host of [1, 2]) await login(CREDENTIALS, { 'CF-Connecting-IP': `198.51.100.${host}` })
    const response = await login(CREDENTIALS, { 'CF-Connecting-IP': '198.51.100.3' })
    expect(response.headers.get('Retry-After')).toBe('60')
    await expectError(response, 429, 'too_many_requests')
    expect(asked).toHaveLength(2)
  })

  it('know a name in each of its spellings', async () => {
    const limiter = countingLimiter(9)
    env = { ...env, RATE_LIMITER: limiter }
    for (const username of [
      'alice@example.test',
      'ALICE@Example.test',
      ' alice@example.test ',
      'ａlice@example.test',
    ]) {
      await login({ ...CREDENTIALS, username })
    }
    expect(new Set(limiter.keys.filter((key) => key.startsWith('user:'))).size).toBe(1)
  })

  it('that fail let nobody guess: 503', async () => {
    env = { ...env, RATE_LIMITER: { limit: () => Promise.reject(new Error('canary')) } }
    await expectError(await login(), 503, 'temporarily_unavailable')
    expect(asked).toEqual([])
  })

  it('are required in production', async () => {
    env = { ...env, WORKER_ENV: 'production' }
    await expectError(await login(), 500, 'misconfigured')
    expect(logs.text()).toContain('RATE_LIMITER')
  })
})
