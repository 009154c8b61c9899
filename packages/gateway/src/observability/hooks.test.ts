import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GatewayDefinition } from '../config/definition.ts'
import { createGateway } from '../index.ts'
import { catchLogs, EMAIL } from '../testing/fixtures.ts'
import { createTestGateway, type TestGateway } from '../testing.ts'
import type { DecisionLine, EventLine } from '@sealgate/kit'

const logs = catchLogs()
let decisions: DecisionLine[]
let events: EventLine[]
let environments: object[]

beforeEach(() => {
  decisions = []
  events = []
  environments = []
})
afterEach(() => vi.clearAllMocks())

function definition(hooks: Pick<GatewayDefinition, 'onDecision' | 'onEvent'> = {}): GatewayDefinition {
  return {
    audiences: { reports: { permissions: ['read:reports'], roles: [] } },
    routes: [
      {
        match: '/api/*',
        methods: ['GET'],
        service: 'REPORTS',
        audience: 'reports',
        require: ['read:reports'],
      },
    ],
    onDecision(line, { env }) {
      decisions.push(line)
      environments.push(env)
    },
    onEvent(line, { env }) {
      events.push(line)
      environments.push(env)
    },
    ...hooks,
  }
}

async function call(
  gateway: TestGateway,
  permissions: readonly string[] = ['read:reports'],
): Promise<number> {
  const token = await gateway.auth0.token({
    sub: 'auth0|ada',
    permissions,
    email: EMAIL,
    email_verified: true,
  })
  const response = await gateway.fetch('/api/x', { headers: { Authorization: `Bearer ${token}` } })
  // A line with a hash is made after the response.
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const line of decisions) expect(JSON.stringify(line)).not.toContain(token)
  return response.status
}

const context = (props: object = {}): ExecutionContext =>
  ({
    props,
    waitUntil: () => undefined,
    passThroughOnException: () => undefined,
  }) as unknown as ExecutionContext

describe('onDecision', () => {
  it('gets the very line of the log, for who passes and who does not', async () => {
    const gateway = await createTestGateway(definition())
    expect([await call(gateway), await call(gateway, [])]).toEqual([200, 403])
    expect(decisions).toMatchObject([
      { event: 'request', method: 'GET', route: '/api/*', status: 200 },
      { event: 'request', status: 403, reason: 'insufficient_scope', detail: 'required_not_held' },
    ])
    expect(logs.lines()).toEqual([decisions[1]])
    expect(decisions.every(Object.isFrozen)).toBe(true)
    expect(decisions[0]).toMatchObject({ sub_hash: expect.stringMatching(/^[0-9a-f]{32}$/) as string })
  })

  it('gets no token, cookie, name or address', async () => {
    const gateway = await createTestGateway(definition())
    const Cookie = await gateway.login({ sub: 'auth0|ada', email: EMAIL })
    await gateway.fetch('/api/x', { headers: { Cookie, 'CF-Connecting-IP': '203.0.113.77' } })
    await call(gateway)
    expect(decisions.length).toBeGreaterThan(3)
    const text = JSON.stringify(decisions)
    for (const secret of ['auth0|ada', EMAIL, '203.0.113.77', Cookie.split('=')[1] ?? Cookie]) {
      expect(text).not.toContain(secret)
    }
  })

  it('gets the line of a call of an entrypoint that was rejected', async () => {
    const { Exchange } = createGateway(definition())
    expect(await new Exchange(context(), {}).delegate('token', {})).toMatchObject({ ok: false })
    expect(decisions).toMatchObject([{ event: 'denied_call', entrypoint: 'Exchange.delegate', status: 403 }])
  })

  it('gets lines that no gateway stands behind: of a health check, and of one that is misconfigured', async () => {
    const gateway = createGateway(definition())
    const env = { AUTH0_DOMAIN: 'https://tenant.test' }
    const statusOf = async (path: string): Promise<number> =>
      (await gateway.fetch(new Request(`https://gateway.test${path}`), env, context())).status
    expect([await statusOf('/health'), await statusOf('/api/x')]).toEqual([200, 500])
    expect(decisions).toMatchObject([{ status: 200 }, { status: 500, error: 'misconfigured' }])
    expect(environments).toEqual([env, env])
    expect(environments[0]).toBe(env)
  })
})

describe('onEvent', () => {
  it('gets what is wrong with the environment, once', async () => {
    const gateway = await createTestGateway(definition(), { env: { AUTH0_DOMAINS: 'tenant.test' } })
    await call(gateway)
    const line = {
      event: 'unknown_variable',
      detail: 'AUTH0_DOMAINS is not read: did you mean AUTH0_DOMAIN?',
    }
    const heard = events.filter(({ event }) => event !== 'jwks_refreshed')
    expect(heard).toMatchObject([line])
    expect(logs.lines()).toContainEqual(heard[0])
  })

  it('gets what the kit says of the keys of others', async () => {
    const gateway = await createTestGateway(definition())
    gateway.auth0.break()
    expect(await call(gateway)).toBe(503)
    expect(events).toMatchObject([{ event: 'jwks_failed', level: 'error' }])
    expect(logs.lines()).toContainEqual(events[0])
  })

  it('gets what fails beside a request', async () => {
    const failing = { limit: () => Promise.reject(new Error('the limiter is down')) }
    const gateway = await createTestGateway(definition(), { env: { RATE_LIMITER_LOGIN: failing } })
    const login = await gateway.fetch('/auth/login', { headers: { 'X-Real-IP': '203.0.113.77' } })
    expect(login.status).toBe(302)
    expect(events).toContainEqual(expect.objectContaining({ event: 'rate_limiter_failed' }))
  })

  it('gets the environment of the Worker', async () => {
    const METRICS = {}
    await createTestGateway(definition(), { env: { AUTH0_DOMAINS: 'x', METRICS } })
    expect(environments).toMatchObject([{ METRICS }])
  })
})

describe('a hook that fails', () => {
  it.each<[how: string, hook: () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new RangeError('secret-canary')
      },
    ],
    ['gives a promise that is rejected', () => Promise.reject(new RangeError('secret-canary'))],
  ])('and %s breaks no request, and is logged once, without its words', async (_, hook) => {
    const gateway = await createTestGateway(definition({ onDecision: hook }))
    expect([await call(gateway), await call(gateway, []), await call(gateway)]).toEqual([200, 403, 200])
    const failures = logs.lines().filter((line) => JSON.stringify(line).includes('hook_failed'))
    expect(failures).toMatchObject([{ event: 'hook_failed', detail: 'RangeError' }])
    expect(logs.text()).not.toContain('secret-canary')
    expect(events.filter(({ event }) => event !== 'jwks_refreshed')).toEqual([])
  })

  it('by never coming back is not waited for', async () => {
    const gateway = await createTestGateway(definition({ onDecision: () => new Promise(() => undefined) }))
    expect(await call(gateway)).toBe(200)
  })

  it('by changing its line changes no log', async () => {
    const hook = (line: object): void => void Object.assign(line, { status: 418 })
    const gateway = await createTestGateway(definition({ onDecision: hook }))
    expect(await call(gateway)).toBe(200)
    expect(logs.text()).not.toContain('418')
  })

  it.each(['onDecision', 'onEvent'])('because it is no function does not start: %s', async (name) => {
    const wrong = { ...definition(), [name]: 'log' } as unknown as GatewayDefinition
    await expect(createTestGateway(wrong)).rejects.toThrow(`${name} of the definition is no function`)
  })
})
