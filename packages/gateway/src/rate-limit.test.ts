import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { networkOf } from './rate-limit.ts'
import {
  catchLogs,
  countingLimiter,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  memoryKv,
  newSlot,
} from './testing/fixtures.ts'
import { app } from './testing/test-gateway.ts'

let auth0: FakeAuth0
let env: Record<string, unknown>
const logs = catchLogs()
const IP = '203.0.113.9'

beforeAll(async () => {
  auth0 = await fakeAuth0()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    CLIENTS: { batch: { audiences: ['reports'] } },
    EXCHANGE_PUBLIC: true,
  })
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
})

async function exchange(on: object, more: Record<string, string> = {}, ip = IP): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await auth0.token(),
    audience: 'reports',
    ...more,
  })
  const headers = { 'CF-Connecting-IP': ip }
  return app.request('https://gateway.test/oauth/token', { method: 'POST', headers, body }, on)
}

it('the exchange counts the address, the client and, hashed, the subject', async () => {
  const limiter = countingLimiter(9)
  const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('s3cret')))]
  const batch = hash.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const on = { ...env, RATE_LIMITER: limiter, EXCHANGE_CLIENTS: { batch } }
  expect((await exchange(on, { client_id: 'batch', client_secret: 's3cret' })).status).toBe(200)
  expect(limiter.keys).toEqual([
    `ip:${IP}`,
    'client:batch',
    expect.stringMatching(/^sub:[0-9a-f]{32}$/) as string,
  ])
})

it('counts before a client is known: its secret is not to be guessed without a limit', async () => {
  const on = { ...env, RATE_LIMITER: countingLimiter(2), EXCHANGE_CLIENTS: { batch: 'a'.repeat(64) } }
  const guess = (): Promise<Response> => exchange(on, { client_id: 'batch', client_secret: 'guess' })
  await expectError(await guess(), 401, 'invalid_client')
  const body = new URLSearchParams({ token: 'x', client_id: 'batch', client_secret: 'guess' })
  const headers = { 'CF-Connecting-IP': IP }
  const init = { method: 'POST', headers, body }
  const withDenylist = { ...on, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
  const revocation = await app.request('https://gateway.test/oauth/revoke', init, withDenylist)
  await expectError(revocation, 401, 'invalid_client')
  await expectError(await guess(), 429, 'too_many_requests')
})

describe('each kind of caller has a limiter of its own', () => {
  const LIMITERS = ['RATE_LIMITER', 'RATE_LIMITER_PASSWORD', 'RATE_LIMITER_LOGIN', 'RATE_LIMITER_CLIENTS']
  const hash = async (secret: string): Promise<string> => {
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret)))
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const batch = { client_id: 'batch', client_secret: 's3cret' }
  const revoke = (more: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams({ token: 'x', ...more }),
  })
  const json = { 'Content-Type': 'application/json' }
  const password = { method: 'POST', headers: json, body: '{"username":"a","password":"b"}' }
  const exchangeForm = async (more: Record<string, string>): Promise<RequestInit> => ({
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: await auth0.token(),
      audience: 'reports',
      ...more,
    }),
  })

  type Call = readonly [path: string, init: RequestInit]
  const callers: [who: string, limiter: string, call: () => Call | Promise<Call>, kinds: string][] = [
    ['an exchange', 'RATE_LIMITER', async () => ['/oauth/token', await exchangeForm({})], 'ip sub'],
    ['a client id alone', 'RATE_LIMITER', () => ['/oauth/revoke', revoke({ client_id: 'batch' })], 'ip'],
    ['a revocation', 'RATE_LIMITER', () => ['/oauth/revoke', revoke()], 'ip'],
    [
      'an exchange of a client',
      'RATE_LIMITER_CLIENTS',
      async () => ['/oauth/token', await exchangeForm(batch)],
      'ip client sub',
    ],
    ['a revocation of a client', 'RATE_LIMITER_CLIENTS', () => ['/oauth/revoke', revoke(batch)], 'ip client'],
    [
      'a wrong secret',
      'RATE_LIMITER_CLIENTS',
      () => ['/oauth/revoke', revoke({ client_id: 'batch', client_secret: 'x' })],
      'ip',
    ],
    [
      'an Authorization header',
      'RATE_LIMITER_CLIENTS',
      () => ['/oauth/revoke', { ...revoke(), headers: { Authorization: 'Basic x' } }],
      'ip',
    ],
    ['a password', 'RATE_LIMITER_PASSWORD', () => ['/oauth/token', password], 'ip user'],
    ['a login', 'RATE_LIMITER_LOGIN', () => ['/auth/login', {}], 'ip'],
  ]

  async function keysOf(call: Call, bound: readonly string[]): Promise<Record<string, string>> {
    const limiters = Object.fromEntries(bound.map((name) => [name, countingLimiter(99)]))
    const [path, init] = call
    const headers = new Headers(init.headers)
    headers.set('CF-Connecting-IP', IP)
    await app.request(
      `https://gateway.test${path}`,
      { ...init, headers },
      {
        ...env,
        ...limiters,
        EXCHANGE_CLIENTS: { batch: await hash('s3cret') },
        EXCHANGE_PUBLIC: true,
        JWT_DENYLIST_NAME: 'DENYLIST',
        DENYLIST: memoryKv(),
        AUTH0_CLIENT_ID: 'web',
        AUTH0_CLIENT_SECRET: 'secret',
        AUTH0_CONNECTION: 'Users',
        SESSION_SECRET: 'A'.repeat(43),
        SESSION_STORE: 'cookie',
        BASE_URL: 'https://gateway.test',
      },
    )
    return Object.fromEntries(
      Object.entries(limiters).map(([name, { keys }]) => [
        name,
        keys.map((key) => key.slice(0, key.indexOf(':'))).join(' '),
      ]),
    )
  }

  it.each(callers)('%s is counted by %s alone', async (_, limiter, call, kinds) => {
    const keys = await keysOf(await call(), LIMITERS)
    expect(keys).toEqual(Object.fromEntries(LIMITERS.map((name) => [name, name === limiter ? kinds : ''])))
    expect(logs.text()).not.toContain('rate_limiter_')
  })

  it.each(callers)(
    '%s is counted by RATE_LIMITER where %s is not bound, which is said',
    async (...caller) => {
      const [, limiter, call, kinds] = caller
      const bound = LIMITERS.filter((name) => name === 'RATE_LIMITER' || name !== limiter)
      expect(await keysOf(await call(), bound)).toMatchObject({ RATE_LIMITER: kinds })
      const reports = logs.text().split('rate_limiter_shared').slice(1)
      expect(reports).toHaveLength(limiter === 'RATE_LIMITER' ? 0 : 1)
      for (const report of reports) expect(report).toContain(`in place of ${limiter}:`)
    },
  )

  it('a limiter for what this gateway does not do is not missed', async () => {
    await exchange({ ...env, CLIENTS: {}, RATE_LIMITER: countingLimiter(9) })
    expect(logs.text()).not.toContain('rate_limiter_')
  })
})

describe('the network of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::ffff:203.0.113.9', '0:0:0:0:0:ffff:cb00:7109'],
    ['no:address', 'no:address'],
  ])('%s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })

  it('is what counts: one caller’s addresses are as many as it likes', async () => {
    const limiter = countingLimiter(9)
    const on = { ...env, RATE_LIMITER: limiter }
    for (const ip of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9']) await exchange(on, {}, ip)
    expect(limiter.keys.filter((key) => key === 'ip:2001:db8:1:2::/64')).toHaveLength(2)
  })
})

it('rejects who had enough with 429, and says when to come back', async () => {
  const on = { ...env, RATE_LIMITER: countingLimiter(1) }
  expect((await exchange(on)).status).toBe(200)
  const response = await exchange(on)
  expect(response.headers.get('Retry-After')).toBe('60')
  await expectError(response, 429, 'too_many_requests')
})

it('a limiter that fails does not stop the exchange, and is reported, wherever logs go', async () => {
  const shipped: unknown[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    if (!new Request(input).url.includes('datadoghq')) return auth0.fetch(input, init)
    shipped.push(...(JSON.parse(init?.body as string) as unknown[]))
    return Promise.resolve(new Response())
  })
  const limit = (): Promise<never> => Promise.reject(new Error('down'))
  const on = { ...env, RATE_LIMITER: { limit }, DATADOG_API_KEY: 'canary-key', LOG_LEVEL: 'debug' }
  expect((await exchange(on)).status).toBe(200)
  expect(logs.text()).toContain('rate_limiter_failed')
  await vi.waitFor(() =>
    expect(shipped).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'rate_limiter_failed' }),
        expect.objectContaining({ event: 'request', status: 200 }),
      ]),
    ),
  )
})

it('says once in production that there is no limit', async () => {
  const on = { ...env, WORKER_ENV: 'production', EXCHANGE_PUBLIC: true }
  await exchange(on)
  await exchange(on)
  expect(logs.text().split('rate_limiter_missing')).toHaveLength(2)
  expect(logs.text()).toContain('there is no limit without RATE_LIMITER')
  expect(logs.text()).toContain(': add rate-limit bindings of these names')
})

it.each(['RATE_LIMITER', 'RATE_LIMITER_PASSWORD', 'RATE_LIMITER_LOGIN', 'RATE_LIMITER_CLIENTS'])(
  '%s that is no rate-limit binding is rejected',
  async (name) => {
    await expectError(await exchange({ ...env, [name]: 'yes' }), 500, 'misconfigured')
    expect(logs.text()).toContain(`${name} is no rate-limit binding`)
  },
)
