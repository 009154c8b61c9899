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
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: await newSlot('slot-a') })
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
  const on = { ...env, RATE_LIMITER: { limit }, DATADOG_API_KEY: 'canary-key' }
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
})

it('what is no rate-limit binding is rejected', async () => {
  await expectError(await exchange({ ...env, RATE_LIMITER: 'yes' }), 500, 'misconfigured')
})
