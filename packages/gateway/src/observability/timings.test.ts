import { afterEach, describe, expect, it, vi } from 'vitest'
import type { GatewayDefinition } from '../config/definition.ts'
import { GatewayError } from '../errors.ts'
import { catchLogs } from '../testing/fixtures.ts'
import { createTestGateway } from '../testing.ts'
import { serverTiming, timed, type Waiting } from './timings.ts'

const logs = catchLogs()
afterEach(() => vi.clearAllMocks())

const DEFINITION: GatewayDefinition = {
  audiences: { reports: { permissions: ['read:reports'], roles: [] } },
  routes: [
    {
      ...{ match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' },
      require: ['read:reports'],
    },
  ],
}

const waiting = (): Waiting => ({ requestId: 'request-id', route: '/api/*', timings: {} })
const wait = (ms: number) => (): Promise<number> =>
  new Promise((resolve) => setTimeout(() => resolve(ms), ms))

describe('what a request waits for', () => {
  it('adds up, by its name', async () => {
    const request = waiting()
    expect(await timed(request, 'verify', wait(20))).toBe(20)
    await timed(request, 'verify', wait(20))
    await timed(request, 'service', wait(1))
    expect(request.timings.verify).toBeGreaterThanOrEqual(38)
    expect(Object.keys(request.timings)).toEqual(['verify', 'service'])
  })

  it('counts when it fails, and fails as it did', async () => {
    const request = waiting()
    const error = new GatewayError('service_failed')
    const failing = (): Promise<never> => wait(20)().then(() => Promise.reject(error))
    await expect(timed(request, 'service', failing)).rejects.toBe(error)
    expect(request.timings.service).toBeGreaterThanOrEqual(18)
  })
})

describe('the line of a request', () => {
  it('has what was waited for, and nothing of what was not', async () => {
    const gateway = await createTestGateway(DEFINITION)
    const token = await gateway.auth0.token({ permissions: [] })
    const denied = await gateway.fetch('/api/x', { headers: { Authorization: `Bearer ${token}` } })
    expect(denied.status).toBe(403)
    await vi.waitFor(() => expect(logs.lines()).toHaveLength(1))
    const [line] = logs.lines()
    expect(line).toMatchObject({
      event: 'request',
      t_verify_ms: expect.any(Number) as number,
      t_policy_ms: expect.any(Number) as number,
    })
    expect(line).not.toHaveProperty('t_service_ms')
    expect(line).not.toHaveProperty('t_idp_ms')
  })
})

describe('Server-Timing', () => {
  it('names each wait, and the whole', () => {
    expect(serverTiming({ verify: 3, service: 0 }, 5)).toBe('verify;dur=3, service;dur=0, total;dur=5')
  })

  it.each([
    ['dev', /^verify;dur=\d+, policy;dur=\d+, service;dur=\d+, total;dur=\d+$/],
    ['test', /^null$/],
    ['staging', /^null$/],
    ['production', /^null$/],
  ])('is there in development alone: %s', async (WORKER_ENV, expected) => {
    const gateway = await createTestGateway(DEFINITION, {
      env: { WORKER_ENV, AUTH0_CLIENTS: 'web', BASE_URL: 'https://gateway.test' },
    })
    const token = await gateway.auth0.token({ permissions: ['read:reports'] })
    const response = await gateway.fetch('/api/x', { headers: { Authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
    expect(String(response.headers.get('Server-Timing'))).toMatch(expected)
    expect(logs.text()).not.toContain(token)
  })
})
