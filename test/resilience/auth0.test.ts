import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, REALM, startTenant, type Tenant, type TenantUser } from 'sealgate/internal'
import { bearer, exchangeOf, newSlots } from '../support/system.ts'
import { login } from '../support/login.ts'
import { startTwoWorkers, type TwoWorkers } from '../support/two-workers.ts'

let tenant: Tenant
let workers: TwoWorkers

beforeAll(async () => {
  tenant = await startTenant({ quiet: true })
  const { clientId, clientSecret } = demoClients.backoffice
  workers = await startTwoWorkers({
    ...newSlots(),
    AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
    AUTH0_BASE_URL: tenant.baseUrl,
    AUTH0_CONNECTION: REALM,
    AUTH0_CLIENT_ID: clientId,
    AUTH0_CLIENT_SECRET: clientSecret,
  })
})
afterAll(async () => {
  await workers.close()
  await tenant.close()
})
afterEach(() => tenant.control.reset())

const JWKS = '/.well-known/jwks.json'
const TOKEN = '/oauth/token'

/** What of an answer callers act on. */
interface Answer {
  readonly status: number
  readonly error: unknown
  readonly source: string | null
  readonly retryAfter: string | null
  readonly text: string
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = (text.startsWith('{') && isJson(text) ? JSON.parse(text) : {}) as { error?: unknown }
  return {
    status: response.status,
    error: body.error,
    source: response.headers.get('X-Error-Source'),
    retryAfter: response.headers.get('Retry-After'),
    text,
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function exchange(token: string): Promise<Answer> {
  const body = new URLSearchParams(exchangeOf(token))
  return answerOf(await fetch(new URL(TOKEN, workers.url), { method: 'POST', body }))
}

async function through(token: string): Promise<Answer> {
  return answerOf(await fetch(new URL('/api/whoami', workers.url), bearer(token)))
}

/** A gateway that has never seen Auth0's keys. */
const coldGateway = (): Promise<void> => workers.restart()

/** What Auth0 does wrong, at any of its endpoints. */
const FAULTS: readonly (readonly [what: string, how: (path: string) => void])[] = [
  ['is down (503)', (path) => tenant.control.down(503, path)],
  ['fails (500)', (path) => tenant.control.down(500, path)],
  ['answers HTML with 200', (path) => tenant.control.html(200, path)],
  ['answers half its JSON', (path) => tenant.control.truncated(path)],
  ['hangs up', (path) => tenant.control.hangUp(path)],
  ['does not respond in time', (path) => tenant.control.slow(8000, path)],
]

/** To start a gateway anew for each takes long: every second one in every run, and all of them at night. */
const isNightly = process.env.SEALGATE_NIGHTLY === '1'
const SOME_FAULTS = isNightly ? FAULTS : FAULTS.filter((_, index) => index % 2 === 0)

const outage = { status: 503, error: 'auth0_unavailable', source: 'auth0' }

describe('Auth0’s JWKS', () => {
  let token: string
  beforeEach(async () => {
    token = await login(tenant)
  })

  it.each(SOME_FAULTS)(
    '%s: a gateway without its keys says whose outage it is, and judges no token',
    async (_, how) => {
      await coldGateway()
      how(JWKS)
      for (const answer of [await exchange(token), await through(token)]) {
        expect(answer).toMatchObject(outage)
        expect(Number(answer.retryAfter)).toBeGreaterThan(0)
      }
      // The second one did not ask again.
      expect(tenant.control.requests(JWKS)).toBe(1)
    },
  )

  it.each(SOME_FAULTS)('%s: a gateway that has its keys goes on without asking', async (_, how) => {
    await coldGateway()
    expect(await exchange(token)).toMatchObject({ status: 200 })
    tenant.control.reset()
    how(JWKS)
    for (const answer of [await exchange(token), await through(token)]) expect(answer.status).toBe(200)
    expect(tenant.control.requests()).toBe(0)
  })
})

describe('Auth0’s keys', () => {
  it('change: new tokens count at once, and old ones until the old key is withdrawn', async () => {
    await coldGateway()
    const old = await login(tenant)
    expect(await exchange(old)).toMatchObject({ status: 200 })
    await tenant.control.rotateSigningKey()
    const fresh = await login(tenant)
    tenant.control.reset()
    for (const token of [fresh, old, fresh]) expect(await exchange(token)).toMatchObject({ status: 200 })
    // Auth0 announces its next key: mostly nothing has to be fetched.
    expect(tenant.control.requests(JWKS)).toBeLessThanOrEqual(1)

    tenant.control.revokeKeys()
    await coldGateway()
    expect(await exchange(old)).toMatchObject({ status: 400, error: 'invalid_request', source: 'gateway' })
    expect(await exchange(fresh)).toMatchObject({ status: 200 })
  })
})

describe('the password realm', () => {
  const { alice, mallory, mfa } = demoUsers
  async function logIn({ email }: TenantUser, password: string, ip: string): Promise<Answer> {
    const response = await fetch(new URL(TOKEN, workers.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Real-IP': ip },
      body: JSON.stringify({ username: email, password }),
    })
    return answerOf(response)
  }

  it('passes on each rejection of Auth0 as it is, and says that it is Auth0’s', async () => {
    const rows: readonly (readonly [user: TenantUser, password: string, status: number, error: string])[] = [
      [alice, 'wrong', 403, 'invalid_grant'],
      [mallory, mallory.password, 401, 'unauthorized'],
      [mfa, mfa.password, 403, 'mfa_required'],
    ]
    for (const [user, password, status, error] of rows) {
      expect(await logIn(user, password, '192.0.2.1')).toMatchObject({ status, error, source: 'auth0' })
    }
    for (let time = 0; time < 10; time++) await logIn(alice, 'wrong', '192.0.2.2')
    expect(await logIn(alice, alice.password, '192.0.2.2')).toMatchObject({
      status: 429,
      error: 'too_many_attempts',
      source: 'auth0',
    })
    // Auth0 counts by the caller's address, which the gateway told it.
    expect(await logIn(alice, alice.password, '192.0.2.3')).toMatchObject({ status: 200, source: null })
  })

  // To wait for a response that does not come takes five seconds each time: once in every run is enough.
  const faults = isNightly ? FAULTS : FAULTS.slice(0, -1)
  it.each(faults)('%s: an outage of Auth0’s, and no half answer', async (_, how) => {
    how(TOKEN)
    const answer = await logIn(alice, alice.password, '192.0.2.4')
    expect(answer).toMatchObject({ error: 'auth0_unavailable', source: 'auth0' })
    expect([502, 503]).toContain(answer.status)
    expect(Number(answer.retryAfter)).toBeGreaterThan(0)
    expect(isJson(answer.text)).toBe(true)
    expect(answer.text).not.toContain('access_token')
  })
})
