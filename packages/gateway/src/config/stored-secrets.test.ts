import { createKit, generateSecret } from '@sealgate/kit'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  INTERNAL_ISSUER,
  newSlot,
  recordingService,
} from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let slot: string
let env: Record<string, unknown>
/** What the Secrets Store has, and how often it was asked. */
let stored: Record<string, unknown>
let asked: number
const logs = catchLogs()

/** A binding of the Secrets Store. */
const binding = (name: string): object => ({
  get: () => {
    asked++
    const value = stored[name]
    return value === undefined
      ? Promise.reject(new Error(`canary: no secret ${name}`))
      : Promise.resolve(value)
  },
})

async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function exchangeBy(secret: string): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await auth0.token({ exp: Math.floor(Date.now() / 1000) + 7200 }),
    audience: 'reports',
    client_id: 'batch',
    client_secret: secret,
  })
  return app.request('https://gateway.test/oauth/token', { method: 'POST', body }, env)
}

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
})
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  asked = 0
  stored = { clients: JSON.stringify({ batch: await sha256('first') }), session: 'a'.repeat(43) }
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    EXCHANGE_CLIENTS: binding('clients'),
    CLIENTS: { batch: { audiences: ['reports'] } },
    SESSION_SECRET: binding('session'),
  })
})
afterEach(() => {
  vi.useRealTimers()
  expect(logs.text()).not.toContain('canary')
})

it('secrets of a Secrets Store serve as others do, and are read once a minute', async () => {
  expect((await exchangeBy('first')).status).toBe(200)
  expect((await exchangeBy('first')).status).toBe(200)
  await expectError(await exchangeBy('other'), 401, 'invalid_client')
  expect(asked, 'two secrets').toBe(2)
})

it('a secret that changed counts within a minute; while none did, the gateway stays as it is', async () => {
  const before = await gatewayOf(env)
  vi.setSystemTime(Date.now() + 61_000)
  expect(await gatewayOf(env)).toBe(before)
  stored.clients = JSON.stringify({ batch: await sha256('second') })
  expect((await exchangeBy('first')).status).toBe(200)
  vi.setSystemTime(Date.now() + 61_000)
  await expectError(await exchangeBy('first'), 401, 'invalid_client')
  expect((await exchangeBy('second')).status).toBe(200)
  const after = await gatewayOf(env)
  expect(after).not.toBe(before)
  expect(after.usedAssertions, 'what a client signed once stays used').toBe(before.usedAssertions)
})

it('in an outage the last values serve for five minutes more', async () => {
  expect((await exchangeBy('first')).status).toBe(200)
  stored = {}
  vi.setSystemTime(Date.now() + 359_000)
  expect((await exchangeBy('first')).status).toBe(200)
  expect(logs.text()).toContain('secret_not_read')
  vi.setSystemTime(Date.now() + 2000)
  await expectError(await exchangeBy('first'), 500, 'misconfigured')
})

it('in an outage one request in ten seconds waits for another try', async () => {
  expect((await exchangeBy('first')).status).toBe(200)
  stored = {}
  vi.setSystemTime(Date.now() + 61_000)
  for (let request = 0; request < 3; request++) expect((await exchangeBy('first')).status).toBe(200)
  expect(asked).toBe(4)
  vi.setSystemTime(Date.now() + 10_000)
  expect((await exchangeBy('first')).status).toBe(200)
  expect(asked).toBe(6)
})

it('a store that does not answer is waited for two seconds', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  env.EXCHANGE_CLIENTS = { get: () => new Promise(() => undefined) }
  const rejected = Promise.resolve(gatewayOf(env)).catch((error: unknown) => String(error))
  await vi.advanceTimersByTimeAsync(1999)
  expect(await Promise.race([rejected, Promise.resolve('still waiting')])).toBe('still waiting')
  await vi.advanceTimersByTimeAsync(1)
  expect(await rejected).toContain('EXCHANGE_CLIENTS cannot be read from its Secrets Store')
})

it.each([
  ['that is not there', undefined],
  ['that is no text', 7],
])('a secret %s is a fault of the configuration, and the log names the variable', async (_, value) => {
  stored.session = value
  await expectError(await exchangeBy('first'), 500, 'misconfigured')
  expect(logs.text()).toContain('SESSION_SECRET cannot be read from its Secrets Store')
})

describe('a token that forwarding used again', () => {
  const service = recordingService()

  /** The internal token that the service gets for alice's next request. */
  async function forwarded(token: string): Promise<string> {
    service.received.length = 0
    const headers = { Authorization: `Bearer ${token}` }
    expect((await app.request('https://gateway.test/api/x', { headers }, env)).status).toBe(200)
    return service.token()
  }

  it.each<[string, variables: () => object, value: () => Promise<string> | string]>([
    ['secret of all services', () => ({ JWT_SECRET_NAME: 'KEY' }), () => generateSecret()],
    [
      'secret of one audience',
      () => ({ JWT_SECRETS_BY_AUDIENCE: { reports: 'KEY', archive: 'OTHER' }, OTHER: generateSecret() }),
      () => generateSecret(),
    ],
    ['private key, though its kid stays,', () => ({ JWT_PRIVATE_JWK_NAME: 'KEY' }), () => newSlot('slot-a')],
  ])('ends with the %s that signed it', async (_, variables, value) => {
    env = gatewayEnv({ ...variables(), KEY: binding('key'), CONSUMER: service })
    const token = await auth0.token({ exp: Math.floor(Date.now() / 1000) + 7200 })
    stored.key = await value()
    const first = await forwarded(token)
    expect(await forwarded(token), 'used again').toBe(first)
    const later = await value()
    stored.key = later
    vi.setSystemTime(Date.now() + 61_000)
    const second = await forwarded(token)
    expect(second).not.toBe(first)
    const verify = later.startsWith('{') ? { publicJwk: publicHalf(later) } : { secret: later }
    const reports = createKit({ issuer: INTERNAL_ISSUER, audience: 'reports', verify })
    expect(await reports.safeVerify(second)).toMatchObject({ ok: true })
  })
})

function publicHalf(text: string): Readonly<Record<string, unknown>> {
  const { d, ...jwk } = JSON.parse(text) as Record<string, unknown>
  expect(d).toBeTypeOf('string')
  return jwk
}
