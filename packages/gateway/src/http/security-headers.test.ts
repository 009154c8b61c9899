import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { METHODS } from '../config/definition.ts'
import { RESERVED_PATHS } from '../config/reserved-paths.ts'
import {
  catchLogs,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
  recordingService,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const ORIGIN = 'https://gateway.test'
const service = recordingService()
catchLogs()
let auth0: FakeAuth0
let env: Record<string, unknown>

beforeAll(async () => {
  auth0 = await fakeAuth0()
  env = gatewayEnv({
    BASE_URL: ORIGIN,
    JWT_ISS: ORIGIN,
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'client-secret',
    SESSION_SECRET: 's'.repeat(43),
    SESSION_STORE: 'cookie',
    JWKS_PUBLIC: 'true',
    CORS_ORIGINS: 'https://app.test',
    CONSUMER: service,
    ROUTES: [
      { match: '/api/*', methods: ['GET', 'POST'], service: 'CONSUMER', audience: 'reports' },
      { match: '/open/*', methods: ['GET'], service: 'CONSUMER', auth: 'none' },
    ],
  })
})
beforeEach(() => {
  service.answer = () => Response.json({ from: 'consumer' })
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
})

async function request(path: string, init: RequestInit = {}, on = env, origin = ORIGIN): Promise<Response> {
  return app.request(`${origin}${path}`, init, on)
}

/** The headers that are promised, of a response. */
function securityOf({ headers }: Response): Record<string, string | null> {
  return Object.fromEntries(
    [
      'X-Content-Type-Options',
      'Referrer-Policy',
      'Cross-Origin-Resource-Policy',
      'Strict-Transport-Security',
    ].map((name) => [name, headers.get(name)]),
  )
}

const HSTS = 'max-age=31536000'
const own = (resourcePolicy = 'same-origin'): Record<string, string> => ({
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': resourcePolicy,
  'Strict-Transport-Security': HSTS,
})

describe('every response of the gateway’s own has the security headers', () => {
  /** What verifiers and clients on pages of other sites read. */
  const isShared = (path: string, response: Response): boolean =>
    path.startsWith('/.well-known/') && response.ok

  it.each([
    ...RESERVED_PATHS,
    '/',
    '/dev/token',
    '/dev/keys',
    '/dev/rotate',
    '/dev/why/0f1e2d3c',
    '/unknown',
    '/api/x',
    '/open//x',
  ])('%s, whatever the method', async (path) => {
    for (const method of [...METHODS, 'TRACE', 'PROPFIND']) {
      for (const on of [env, { ...env, WORKER_ENV: 'dev' }]) {
        for (const Accept of ['*/*', 'text/html']) {
          const response = await request(path, { method, headers: { Accept } }, on)
          expect(securityOf(response), `${method} ${path}: ${response.status}`).toEqual(
            own(isShared(path, response) ? 'cross-origin' : 'same-origin'),
          )
        }
      }
    }
  })

  it.each<[string, status: number, () => Promise<Response>]>([
    ['a preflight', 204, () => request('/api/x', { method: 'OPTIONS', headers: PREFLIGHT })],
    ['a token', 200, exchange],
    ['a redirect', 303, () => request('/auth/logout', { method: 'POST', headers: { Origin: ORIGIN } })],
    ['cookies that are too large', 431, () => request('/api/x', { headers: { Cookie: 'a'.repeat(9000) } })],
    ['a path that is not plain', 400, () => request('/api/a%2eb')],
    ['a token that is none', 401, () => request('/api/x', { headers: { Authorization: 'Bearer x' } })],
    ['a service that fails', 502, failing],
    ['a misconfiguration', 500, () => request('/api/x', {}, { ...env, AUTH0_DOMAIN: '' })],
  ])('%s: %i', async (_, status, make) => {
    const response = await make()
    expect(response.status).toBe(status)
    expect(securityOf(response)).toEqual(own())
  })

  it('an unchanged JWKS', async () => {
    const ETag = (await request('/.well-known/jwks.json')).headers.get('ETag') ?? ''
    const response = await request('/.well-known/jwks.json', { headers: { 'If-None-Match': ETag } })
    expect(response.status).toBe(304)
    expect(securityOf(response)).toEqual(own('cross-origin'))
  })
})

const PREFLIGHT = { Origin: 'https://app.test', 'Access-Control-Request-Method': 'GET' }

async function exchange(): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await auth0.token(),
    audience: 'reports',
  })
  return request('/oauth/token', { method: 'POST', body })
}

function failing(): Promise<Response> {
  service.answer = () => Promise.reject(new Error('down'))
  return request('/open/x')
}

describe('a response of a service', () => {
  it('gets what breaks no page, and leaves to the service who may show what it serves', async () => {
    expect(securityOf(await request('/open/x'))).toEqual({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Cross-Origin-Resource-Policy': null,
      'Strict-Transport-Security': HSTS,
    })
  })

  it('keeps what the service says', async () => {
    const said = {
      'X-Content-Type-Options': 'none',
      'Referrer-Policy': 'unsafe-url',
      'Cross-Origin-Resource-Policy': 'same-site',
      'Strict-Transport-Security': 'max-age=5; includeSubDomains',
    }
    service.answer = () => new Response(null, { headers: said })
    expect(securityOf(await request('/open/x'))).toEqual(said)
  })

  it('that opens a WebSocket has none of them', async () => {
    service.answer = () => {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      return new Response(null, { status: 101, webSocket: client })
    }
    const response = await request('/open/x', { headers: { Upgrade: 'websocket' } })
    expect(response.status).toBe(101)
    expect(Object.values(securityOf(response))).toEqual([null, null, null, null])
    response.webSocket?.accept()
    response.webSocket?.close()
  })
})

describe('browsers are held to https', () => {
  it.each([
    ['never where BASE_URL is not', ORIGIN, { WORKER_ENV: 'test', BASE_URL: 'http://localhost' }],
    ['never without a BASE_URL', ORIGIN, { WORKER_ENV: 'test', BASE_URL: '' }],
    ['never over http (RFC 6797 §7.2)', 'http://gateway.test', {}],
  ])('%s', async (_, origin, more) => {
    for (const path of ['/health', '/open/x', '/unknown']) {
      const response = await request(path, {}, { ...env, ...more }, origin)
      expect(response.headers.get('Strict-Transport-Security'), path).toBeNull()
    }
  })
})
