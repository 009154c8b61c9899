import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { catchLogs, expectError, gatewayEnv, memoryKv, newSlot } from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'
import { type DeepHealth, deepHealth } from './health.ts'

let env: Record<string, unknown>
const logs = catchLogs()

beforeAll(async () => {
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: await newSlot('slot-a') })
})

const ready = async (more: Readonly<Record<string, unknown>> = {}): Promise<Response> =>
  app.request('https://gateway.test/ready', {}, { ...env, ...more })

const WITH_LOGINS = {
  AUTH0_CLIENT_ID: 'web',
  AUTH0_CLIENT_SECRET: 'secret',
  SESSION_SECRET: 'A'.repeat(43),
}

/** A secret of the Secrets Store while that is down. */
const unreadable = { get: () => Promise.reject(new Error('down')) }

/** A Durable Object namespace whose objects respond so. */
const namespace = (access: () => Promise<unknown>): object => ({
  idFromName: (name: string) => name,
  get: () => ({ access }),
})

describe('GET /ready', () => {
  it('is 200 when the gateway could serve', async () => {
    const response = await ready()
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ready' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it.each<[string, Record<string, unknown>, string, string]>([
    ['a variable is missing', { AUTH0_DOMAIN: '' }, 'misconfigured', 'AUTH0_DOMAIN'],
    ['a route has no service', { CONSUMER: undefined }, 'misconfigured', 'CONSUMER'],
    ['no slot is set', { SLOT_A: '' }, 'misconfigured', 'SLOT_A'],
    [
      'two secrets are one',
      { SESSION_SECRET: 'A'.repeat(43), LOG_HASH_KEY: 'A'.repeat(43) },
      'misconfigured',
      'LOG_HASH_KEY',
    ],
    ['a secret of the store is not to be had', { SLOT_A: unreadable }, 'misconfigured', 'SLOT_A'],
  ])('is 503 when %s, and names nothing but in the log', async (_, more, code, variable) => {
    const response = await ready(more)
    expect(response.headers.get('Retry-After')).toBe('30')
    const text = await response.clone().text()
    await expectError(response, 503, code)
    expect(text).not.toMatch(/AUTH0_|SLOT|CONSUMER|LOG_HASH_KEY/)
    expect(logs.text()).toContain(variable)
    expect((await app.request('https://gateway.test/health', {}, { ...env, ...more })).status).toBe(200)
  })

  it('is 503 when no key may sign: the next one is not active yet', async () => {
    const slot = JSON.parse(await newSlot('slot-b')) as object
    const SLOT_A = JSON.stringify({ ...slot, nbf: Math.floor(Date.now() / 1000) + 3600 })
    await expectError(await ready({ SLOT_A }), 503, 'no_signing_key')
  })

  it('is 200 while one audience of several can be signed for: not everybody is denied', async () => {
    const by = (secrets: Record<string, string>): Record<string, unknown> => ({
      JWT_PRIVATE_JWK_NAME: '',
      JWT_SECRETS_BY_AUDIENCE: JSON.stringify({ reports: 'ONE', archive: 'TWO' }),
      ...secrets,
    })
    expect((await ready(by({ ONE: 'A'.repeat(86), TWO: `${'B'.repeat(85)}A` }))).status).toBe(200)
  })

  it('is 503 when the deny-list cannot be read, and 200 when it is not to count', async () => {
    const DENYLIST = { ...memoryKv(), get: () => Promise.reject(new Error('down')) }
    const down = { JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST }
    await expectError(await ready(down), 503, 'temporarily_unavailable')
    expect((await ready({ ...down, JWT_DENYLIST_ON_ERROR: 'open' })).status).toBe(200)
    expect((await ready({ ...down, DENYLIST: memoryKv() })).status).toBe(200)
  })

  it('is 503 when sessions cannot be reached, and 200 when they say that there is none', async () => {
    const SESSIONS = namespace(() => Promise.reject(new Error('down')))
    await expectError(await ready({ ...WITH_LOGINS, SESSIONS }), 503, 'temporarily_unavailable')
    const up = namespace(() => Promise.resolve({ ok: false, code: 'no_session' }))
    expect((await ready({ ...WITH_LOGINS, SESSIONS: up })).status).toBe(200)
    expect((await ready({ ...WITH_LOGINS, SESSION_STORE: 'cookie' })).status).toBe(200)
  })

  it('looks at most once in five seconds, whoever asks', async () => {
    let calls = 0
    const SESSIONS = namespace(() => {
      calls++
      return Promise.resolve({ ok: false, code: 'no_session' })
    })
    const on = { ...env, ...WITH_LOGINS, SESSIONS }
    for (let call = 0; call < 5; call++) await app.request('https://gateway.test/ready', {}, on)
    expect(calls).toBe(1)
  })

  it('asks once for many who come at the same time, and tells the others what was found last', async () => {
    let calls = 0
    const gate = Promise.withResolvers<undefined>()
    const SESSIONS = namespace(async () => {
      if (++calls > 1) await gate.promise
      return { ok: false, code: 'no_session' }
    })
    const on = { ...env, ...WITH_LOGINS, SESSIONS }
    const ask = async (): Promise<number> => (await app.request('https://gateway.test/ready', {}, on)).status
    expect(await ask()).toBe(200)
    const later = Date.now() + 6000
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => later)
    onTestFinished(() => clock.mockRestore())
    const first = ask()
    await vi.waitFor(() => expect(calls).toBe(2))
    const others = [ask(), ask(), ask()]
    setTimeout(() => gate.resolve(undefined), 50)
    expect(await Promise.all(others)).toEqual([200, 200, 200])
    expect(await first).toBe(200)
    expect(calls).toBe(2)
  })
})

describe('why /ready is 503', () => {
  const health = async (more: Readonly<Record<string, unknown>>): Promise<DeepHealth> =>
    deepHealth(await gatewayOf({ ...env, ...more }))

  it('is what operators are told, with words', async () => {
    const slot = JSON.parse(await newSlot('slot-b')) as object
    const SLOT_A = JSON.stringify({ ...slot, nbf: Math.floor(Date.now() / 1000) + 3600 })
    expect(await health({ SLOT_A })).toMatchObject({
      status: 'degraded',
      notReady: { reason: 'no_signing_key', detail: expect.stringContaining('SLOT_A') as string },
    })
    const DENYLIST = { ...memoryKv(), get: () => Promise.reject(new Error('secret-canary')) }
    const denylist = await health({ JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST })
    expect(denylist).toMatchObject({ status: 'degraded', notReady: { reason: 'revocation_unavailable' } })
    expect(JSON.stringify(denylist)).not.toContain('secret-canary')
    const SESSIONS = namespace(() => Promise.reject(new Error('down')))
    expect(await health({ ...WITH_LOGINS, SESSIONS })).toMatchObject({
      status: 'degraded',
      notReady: { reason: 'sessions_unavailable' },
    })
  })

  it('is nothing while it could serve', async () => {
    expect(await health({})).not.toHaveProperty('notReady')
  })
})
