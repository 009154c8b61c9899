import { createKit } from '@sealgate/kit'
import { cookie, guard } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  CLIENT_IP,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  INTERNAL_ISSUER,
  newSlot,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let slot: string
let token: string
let env: Record<string, unknown>
/** What the service got, and what it answers. */
let received: Request[]
let answer: (request: Request) => Response | Promise<Response>
const logs = catchLogs()

const ROUTES = [
  { match: '/api/*', methods: ['GET', 'HEAD', 'POST'], service: 'CONSUMER', audience: 'reports' },
  {
    match: '/api/export/*',
    methods: ['POST'],
    service: 'CONSUMER',
    audience: 'reports',
    require: ['export:reports'],
    grant: ['export:reports'],
  },
  { match: '/app/*', methods: ['GET'], service: 'CONSUMER', auth: 'none', forwardHeaders: ['x-tenant'] },
  {
    match: '/page/*',
    methods: ['GET'],
    service: 'CONSUMER',
    auth: 'none',
    forwardCookies: ['app-token'],
  },
  { match: '/slow', methods: ['GET'], service: 'CONSUMER', auth: 'none', timeoutMs: 20 },
]

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  token = await auth0.token()
})
beforeEach(() => {
  auth0.respond()
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  received = []
  answer = () => Response.json({ from: 'consumer' })
  const CONSUMER = {
    fetch(request: Request) {
      received.push(request)
      return answer(request)
    },
  }
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, ROUTES, CONSUMER, LOG_LEVEL: 'debug' })
})

async function call(path: string, init: RequestInit = {}, bearer = token): Promise<Response> {
  const headers = new Headers(init.headers)
  if (bearer !== '') headers.set('Authorization', `Bearer ${bearer}`)
  return app.request(`https://gateway.test${path}`, { ...init, headers }, env)
}

/** The one request that the service got. */
function forwarded(): Request {
  const [request, ...more] = received
  if (!request || more.length > 0) throw new Error(`the service got ${received.length} requests`)
  return request
}

function internalToken(): string {
  return (
    forwarded()
      .headers.get('Authorization')
      ?.replace(/^Bearer /, '') ?? ''
  )
}

describe('a caller with an Auth0 token', () => {
  it('reaches the service, which gets an internal token and never Auth0’s', async () => {
    const response = await call('/api/reports?year=2026')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ from: 'consumer' })
    expect(forwarded().url).toBe('https://gateway.test/api/reports?year=2026')
    expect([...forwarded().headers.values()].join()).not.toContain(token)
    expect(decodeJwt(internalToken())).toMatchObject({
      iss: INTERNAL_ISSUER,
      aud: 'reports',
      sub: 'auth0|alice',
      act: { iss: INTERNAL_ISSUER, sub: 'gateway' },
      permissions: ['read:reports', 'export:reports'],
      roles: ['analyst'],
    })
  })

  it('returns a token that verifies with the keys of the gateway', async () => {
    await call('/api/reports')
    const jwks = await app.request('/.well-known/jwks.json', {}, { ...env, JWKS_PUBLIC: true })
    const publicJwk: { keys: Record<string, unknown>[] } = await jwks.json()
    const service = createKit({ issuer: INTERNAL_ISSUER, audience: 'reports', verify: { publicJwk } })
    expect(await service.verify(internalToken())).toMatchObject({ sub: 'auth0|alice' })
  })

  it('gets no more than the route grants', async () => {
    await call('/api/export/1', { method: 'POST' })
    expect(decodeJwt(internalToken())).toMatchObject({ permissions: ['export:reports'] })
  })

  it('is rejected at the edge without what the route requires', async () => {
    const response = await call(
      '/api/export/1',
      { method: 'POST' },
      await auth0.token({ permissions: ['read:reports'] }),
    )
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer error="insufficient_scope"')
    await expectError(response, 403, 'insufficient_scope')
    expect(received).toEqual([])
  })

  it('sends its body through', async () => {
    answer = async (request) => new Response(await request.text())
    const response = await call('/api/reports', { method: 'POST', body: 'a body' })
    expect(await response.text()).toBe('a body')
    expect(forwarded().method).toBe('POST')
  })

  it('may send HEAD', async () => {
    const response = await call('/api/reports', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
    expect(forwarded().method).toBe('HEAD')
  })
})

describe('a caller without', () => {
  it('gets 401 and a bare challenge', async () => {
    const response = await call('/api/reports', {}, '')
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    await expectError(response, 401, 'unauthorized')
    expect(received).toEqual([])
  })

  it.each<[string, string, number, string]>([
    ['Basic credentials', 'Basic YTpi', 401, 'unauthorized'],
    ['a token that is none', 'Bearer nonsense', 401, 'invalid_token'],
    ['a bearer without a token', 'Bearer', 400, 'invalid_request'],
    ['two tokens', 'Bearer a, Bearer b', 400, 'invalid_request'],
    ['two kinds of credentials', 'Basic YTpi, Bearer a', 400, 'invalid_request'],
  ])('has %s', async (_, authorization, status, error) => {
    const headers = { Authorization: authorization }
    await expectError(await app.request('https://gateway.test/api/x', { headers }, env), status, error)
    expect(received).toEqual([])
  })

  it.each<[string, object]>([
    ['over', { iat: 1, exp: 1000 }],
    ['for another API', { aud: 'https://other.test' }],
    ['of a foreign client', { azp: 'foreign' }],
    ['bound to a certificate', { cnf: { 'x5t#S256': 'x' } }],
  ])('has a token %s: 401, and all are told the same', async (_, claims) => {
    const response = await call('/api/reports', {}, await auth0.token({ ...claims }))
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer error="invalid_token"/)
    expect(await expectError(response, 401, 'invalid_token')).toContain('missing, expired or not acceptable')
    expect(received).toEqual([])
  })

  it('cannot use an internal token', async () => {
    await call('/api/reports')
    await expectError(await call('/api/reports', {}, internalToken()), 401, 'invalid_token')
  })

  it('cannot send a token in the query', async () => {
    await expectError(await call(`/api/reports?access_token=${token}`, {}, ''), 401, 'unauthorized')
  })

  it('hears 503 when Auth0’s keys cannot be had, never 401', async () => {
    auth0.respond(() => new Response('down', { status: 500 }))
    await expectError(await call('/api/reports'), 503, 'auth0_unavailable')
  })
})

describe('an open route', () => {
  it('needs no token, and sends none', async () => {
    expect((await call('/app/index.html', {}, '')).status).toBe(200)
    expect(forwarded().headers.get('Authorization')).toBeNull()
  })

  it('never passes on what the caller sent as its token', async () => {
    expect((await call('/app/index.html')).status).toBe(200)
    expect(forwarded().headers.get('Authorization')).toBeNull()
  })
})

describe('a service that takes the token of a cookie', () => {
  const from = (site: string): Record<string, string> => ({
    Cookie: 'app-token=a',
    'Sec-Fetch-Site': site,
    'Sec-Fetch-Mode': 'no-cors',
    'Sec-Fetch-Dest': 'image',
  })

  it.each([
    ['same-origin', 401],
    ['same-site', 403],
    ['cross-site', 403],
  ])('sees behind the gateway which page loads it: %s is %i', async (site, status) => {
    const service = new Hono()
    const { x } = JSON.parse(slot) as { x: string }
    const kit = createKit({
      issuer: INTERNAL_ISSUER,
      audience: 'reports',
      verify: { publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid: 'slot-a' } },
    })
    service.get('/page/*', guard(undefined, { kit, credential: cookie('app-token') }))
    answer = (request) => service.fetch(request)
    expect((await call('/page/x', { headers: from(site) }, '')).status).toBe(status)
  })
})

describe('request headers', () => {
  it('pass by a list, and the route’s own', async () => {
    const passed = {
      accept: 'application/json',
      'accept-language': 'de',
      'content-type': 'text/plain',
      'if-none-match': '"x"',
      range: 'bytes=0-1',
      'user-agent': 'test',
      origin: 'https://app.test',
      'sec-fetch-site': 'same-origin',
      'x-tenant': 'acme',
    }
    await call('/app/x', { headers: passed }, '')
    expect(Object.fromEntries(forwarded().headers)).toEqual({
      ...passed,
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/) as string,
    })
  })

  it('name the request and its trace as the client did, this gateway as the parent', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = {
      'X-Request-Id': 'a1b2c3d4',
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      tracestate: 'a=1, b=2',
    }
    const response = await call('/api/x', { headers })
    expect(response.headers.get('X-Request-Id')).toBe('a1b2c3d4')
    const sent = forwarded().headers
    expect([sent.get('X-Request-Id'), sent.get('tracestate')]).toEqual(['a1b2c3d4', 'a=1,b=2'])
    expect(sent.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[\\da-f]{16}-01$`))
    await vi.waitFor(() =>
      expect(logs.lines()).toContainEqual(
        expect.objectContaining({ request_id: 'a1b2c3d4', trace_id: traceId }),
      ),
    )
  })

  it.each([
    ['X-Request-Id', '{"event":"forged"}'],
    ['X-Request-Id', 'forged@example.com'],
    ['X-Request-Id', 'forged'.repeat(1700)],
    ['traceparent', '00-forged'],
    ['tracestate', 'forged=1'],
    ['tracestate', 'forged=<script>'],
  ])('pass no %s on that is not well-formed, and no line has it: %#', async (name, value) => {
    const response = await call('/api/x', { headers: { [name]: value } })
    expect(response.headers.get('X-Request-Id')).toMatch(/^[\da-f-]{36}$/)
    expect(JSON.stringify([...forwarded().headers])).not.toContain('forged')
    await vi.waitFor(() => expect(logs.text()).toContain(response.headers.get('X-Request-Id')))
    expect(logs.text()).not.toContain('forged')
  })

  it('name the request in the body of a denial too', async () => {
    const response = await call('/api/x', { headers: { 'X-Request-Id': 'a1b2c3d4' } }, '')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ request_id: 'a1b2c3d4' })
  })

  it.each([
    'cookie',
    'x-user-id',
    'x-user-roles',
    'x-forwarded-for',
    'x-forwarded-host',
    'forwarded',
    'x-real-ip',
    'true-client-ip',
    'x-client-ip',
    'cf-access-jwt-assertion',
    'cf-connecting-ip',
    'proxy-authorization',
    'txn-token',
    'x-anything',
    'x-tenant',
    'referer',
  ])('drop %s', async (name) => {
    await call('/api/x', { headers: { [name]: 'spoofed' } })
    expect([...forwarded().headers.values()].filter((value) => value === 'spoofed')).toEqual(
      name === 'cf-connecting-ip' ? ['spoofed'] : [],
    )
    expect(forwarded().headers.get(name)).not.toBe('spoofed')
  })

  it('name the caller’s address as Cloudflare saw it, whatever the caller says', async () => {
    await call('/api/x', { headers: { 'CF-Connecting-IP': CLIENT_IP, 'X-Client-IP': '198.51.100.1' } })
    expect(forwarded().headers.get('X-Client-IP')).toBe(CLIENT_IP)
  })

  it('have the id of the request, which the response has too', async () => {
    const response = await call('/api/x', { headers: { 'X-Request-Id': 'mine' } })
    const id = response.headers.get('X-Request-Id')
    expect(id).not.toBe('mine')
    expect(forwarded().headers.get('X-Request-Id')).toBe(id)
  })
})

describe('paths', () => {
  it.each(['/', '/api', '/apix', '/API/x', '/unknown'])('%s: 404', async (path) => {
    await expectError(await call(path), 404, 'not_found')
    expect(received).toEqual([])
  })

  it.each(['/api/a%2eb', '/api/a%2fb', '/api//x', '/api/x;y', '/api/%00', '/api/%5c', '/api/%2561'])(
    '%s: 400',
    async (path) => {
      await expectError(await call(path), 400, 'invalid_request')
      expect(received).toEqual([])
    },
  )

  it('405, with the methods that there are', async () => {
    const response = await call('/api/export/1')
    expect(response.headers.get('Allow')).toBe('POST')
    await expectError(response, 405, 'method_not_allowed')
  })
})

describe('the response of the service', () => {
  it('passes as it is', async () => {
    answer = () => new Response('no', { status: 418, headers: { 'X-Own': '1', 'Set-Cookie': 'a=b' } })
    const response = await call('/api/x')
    expect(response.status).toBe(418)
    expect(response.headers.get('X-Own')).toBe('1')
    expect(response.headers.get('Set-Cookie')).toBe('a=b')
    expect(await response.text()).toBe('no')
  })

  it('is not followed when it is a redirect', async () => {
    answer = () => new Response(null, { status: 302, headers: { Location: '/elsewhere' } })
    const response = await call('/api/x', { method: 'POST', body: 'x' })
    expect(response.status).toBe(302)
    expect(response.headers.get('Location')).toBe('/elsewhere')
    expect(forwarded().redirect).toBe('manual')
  })

  it('cannot speak for the gateway', async () => {
    const headers = { 'X-Error-Source': 'auth0', 'Clear-Site-Data': '"*"', 'X-Request-Id': 'mine' }
    answer = () => new Response(null, { status: 403, headers })
    const response = await call('/api/x')
    expect(response.headers.get('X-Error-Source')).toBeNull()
    expect(response.headers.get('Clear-Site-Data')).toBeNull()
    expect(response.headers.get('X-Request-Id')).not.toBe('mine')
  })

  it('is 502 when the service throws: its words stay inside', async () => {
    answer = () => Promise.reject(new Error('canary'))
    const response = await call('/api/x')
    expect(await response.clone().text()).not.toContain('canary')
    await expectError(response, 502, 'bad_gateway')
    expect(logs.text()).not.toContain('canary')
  })

  it('is 502 when it does not begin in time, and the service is told', async () => {
    answer = () => new Promise<Response>(() => undefined)
    await expectError(await call('/slow', {}, ''), 502, 'bad_gateway')
    expect(forwarded().signal.aborted).toBe(true)
    expect(logs.text()).toContain('no response within 20 ms')
  })

  it('may take its time once it has begun', async () => {
    answer = () => {
      const body = new TransformStream<Uint8Array, Uint8Array>()
      setTimeout(() => {
        const writer = body.writable.getWriter()
        void writer.write(new TextEncoder().encode('late')).then(() => writer.close())
      }, 60)
      return new Response(body.readable)
    }
    expect(await (await call('/slow', {}, '')).text()).toBe('late')
  })
})
