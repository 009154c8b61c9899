import { makeKit } from '@sealgate/kit'
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  catchLogs,
  CLIENT_IP,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  INTERNAL_ISSUER,
  ISSUER,
  memoryKv,
  newSlot,
  type RecordingService,
  recordingService,
} from '../testing/fixtures.ts'
import { dpopClient } from '../testing/dpop-client.ts'
import { app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let slot: string
let token: string
let service: RecordingService
let env: Record<string, unknown>
catchLogs()

const BASE_URL = 'https://gateway.test'
const REPORTS = `${BASE_URL}/mcp/reports`
const METADATA = `${BASE_URL}/.well-known/oauth-protected-resource/mcp/reports`
const common = { service: 'CONSUMER', audience: 'reports' }
const ROUTES = [
  {
    ...common,
    match: '/mcp/reports',
    require: ['read:reports'],
    mcp: { name: 'Reports', scopes: ['read:reports', 'export:reports'], clients: 'any' },
  },
  { ...common, match: '/mcp/archive/*', audience: 'archive', mcp: { name: 'Archive', scopes: [] } },
  { ...common, match: '/mcp/legacy', mcp: { name: 'Legacy', scopes: [], audiences: [API] } },
  { ...common, match: '/mcp/named', mcp: { name: 'Named', scopes: [], clients: ['inspector'] } },
  { ...common, match: '/api/*', methods: ['GET', 'POST'] },
]

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  token = await auth0.token({ aud: REPORTS, azp: 'inspector' })
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  service = recordingService()
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, ROUTES, CONSUMER: service, BASE_URL })
})

async function send(path: string, init: RequestInit = {}, bearer = token): Promise<Response> {
  const headers = new Headers(init.headers)
  if (bearer !== '') headers.set('Authorization', `Bearer ${bearer}`)
  return app.request(`${BASE_URL}${path}`, { method: 'POST', body: '{}', ...init, headers }, env)
}

const get = { method: 'GET', body: null }

describe('a client that has no token', () => {
  it('gets 401, and hears where to read about the resource and what to request (RFC 9728 §5.1)', async () => {
    const response = await send('/mcp/reports', {}, '')
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer resource_metadata="${METADATA}", scope="read:reports export:reports"`,
    )
    await expectError(response, 401, 'unauthorized')
    expect(service.received).toEqual([])
  })

  it('hears of no scope where there is none', async () => {
    const response = await send('/mcp/archive/x', {}, '')
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer resource_metadata="${BASE_URL}/.well-known/oauth-protected-resource/mcp/archive"`,
    )
  })

  it('that has a bad one hears the same, and that it was bad', async () => {
    const response = await send('/mcp/reports', {}, 'nonsense')
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer error="invalid_token", error_description="The access token is missing, expired or not acceptable here", resource_metadata="${METADATA}", scope="read:reports export:reports"`,
    )
    await expectError(response, 401, 'invalid_token')
  })

  it('that has a token bound to a key hears that it needs a proof, and where to read (RFC 9449 §7.1)', async () => {
    const bound = await auth0.token({ aud: REPORTS, azp: 'inspector', cnf: { jkt: 'x' } })
    const response = await send('/mcp/reports', {}, bound)
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `DPoP error="invalid_token", algs="ES256 ES384 EdDSA Ed25519 PS256 RS256", resource_metadata="${METADATA}", scope="read:reports export:reports"`,
    )
    await expectError(response, 401, 'invalid_token')
  })

  it('calls with a bound one and its proof, and hears from the metadata where one is required', async () => {
    const client = await dpopClient()
    const bound = await auth0.token({ aud: REPORTS, azp: 'inspector', cnf: { jkt: client.jkt } })
    const DPoP = await client.proof({ method: 'POST', url: REPORTS, token: bound })
    env = { ...env, DPOP: 'required', DPOP_NONCE: 'false' }
    const headers = { Authorization: `DPoP ${bound}`, DPoP }
    expect((await send('/mcp/reports', { headers }, '')).status).toBe(200)
    expect(await (await app.request(METADATA, {}, env)).json()).toMatchObject({
      dpop_bound_access_tokens_required: true,
    })
    await expectError(await send('/mcp/reports'), 401, 'invalid_token')
  })

  it('that has too few rights gets 403, and hears which scopes are needed', async () => {
    const response = await send('/mcp/reports', {}, await auth0.token({ aud: REPORTS, permissions: [] }))
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer error="insufficient_scope", resource_metadata="${METADATA}", scope="read:reports"`,
    )
    await expectError(response, 403, 'insufficient_scope')
  })

  it.each([
    ['Host', 'evil.test'],
    ['X-Forwarded-Host', 'evil.test", error="x'],
    ['X-Forwarded-Proto', 'http'],
    ['Forwarded', 'host=evil.test'],
  ])('reads nothing in the challenge that it sent itself: %s', async (name, value) => {
    const response = await send(
      '/mcp/reports?x=%22%0d%0aSet-Cookie:%20a=b',
      { headers: { [name]: value } },
      '',
    )
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer resource_metadata="${METADATA}", scope="read:reports export:reports"`,
    )
    expect(response.headers.get('Set-Cookie')).toBeNull()
  })

  it.each(['/mcp/reports%22%0d%0aX-Evil:%201', '/mcp/archive/%22%0d%0a', '/mcp/archive/%E2%80%A8x'])(
    'has no resource of its own making: %s',
    async (path) => {
      const response = await send(path, {}, '')
      expect([400, 404]).toContain(response.status)
      expect(response.headers.get('WWW-Authenticate')).toBeNull()
    },
  )
})

describe('a token for an MCP server', () => {
  it('becomes an internal one as on any route, and stays at the gateway', async () => {
    const response = await send('/mcp/reports', { headers: { 'CF-Connecting-IP': CLIENT_IP } })
    expect(response.status).toBe(200)
    expect(decodeJwt(service.token())).toMatchObject({
      iss: INTERNAL_ISSUER,
      aud: 'reports',
      sub: 'auth0|alice',
      kind: 'user',
      client_id: 'inspector',
      act: { iss: INTERNAL_ISSUER, sub: 'gateway' },
      permissions: ['read:reports', 'export:reports'],
    })
    expect([...service.only().headers.values()].join()).not.toContain(token)
  })

  it('of a client that is registered as an agent is an agent’s', async () => {
    env = { ...env, CLIENTS: { inspector: { kind: 'agent', audiences: [] } } }
    await send('/mcp/reports')
    expect(decodeJwt(service.token())).toMatchObject({
      sub: 'auth0|alice',
      kind: 'agent',
      client_id: 'inspector',
    })
  })

  it.each([
    ['for another resource', { aud: `${BASE_URL}/mcp/archive` }],
    ['for the API in general', { aud: [API, `${ISSUER}userinfo`] }],
    ['for a resource below it', { aud: `${REPORTS}/x` }],
    ['for the resource above it', { aud: `${BASE_URL}/mcp` }],
    ['for the host', { aud: BASE_URL }],
    ['for the same path of another host', { aud: 'https://evil.test/mcp/reports' }],
    ['for the same path in capitals', { aud: `${BASE_URL}/MCP/reports` }],
    ['for it with a slash at its end', { aud: `${REPORTS}/` }],
    ['for nobody', { aud: undefined }],
    ['for it, but over', { aud: REPORTS, exp: Math.floor(Date.now() / 1000) - 200 }],
    ['for it, but of another issuer', { aud: REPORTS, iss: 'https://evil.test/' }],
    ['for it, but an ID token', { aud: REPORTS, nonce: 'n' }],
  ])('is rejected when it is %s', async (_, claims) => {
    const response = await send('/mcp/reports', {}, await auth0.token(claims))
    await expectError(response, 401, 'invalid_token')
    expect(service.received).toEqual([])
  })

  it('for several resources counts at each, and nowhere else', async () => {
    const several = await auth0.token({ aud: [REPORTS, `${BASE_URL}/mcp/archive`] })
    expect((await send('/mcp/reports', {}, several)).status).toBe(200)
    expect((await send('/mcp/archive/x', {}, several)).status).toBe(200)
    expect((await send('/mcp/named', {}, several)).status).toBe(401)
  })

  it('counts on no other route, and for no exchange', async () => {
    expect((await send('/api/reports')).status).toBe(401)
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'reports',
    })
    const exchanged = await app.request(`${BASE_URL}/oauth/token`, { method: 'POST', body }, env)
    await expectError(exchanged, 400, 'invalid_request')
  })

  it('for the API in general counts where the route lists it', async () => {
    expect((await send('/mcp/legacy', {}, await auth0.token())).status).toBe(200)
    const own = await auth0.token({ aud: `${BASE_URL}/mcp/legacy` })
    expect((await send('/mcp/legacy', {}, own)).status).toBe(200)
  })

  it('of a client that nobody listed counts where the route says so alone', async () => {
    const of = (path: string, azp: string) => auth0.token({ aud: `${BASE_URL}${path}`, azp })
    expect((await send('/mcp/reports', {}, await of('/mcp/reports', 'registered-itself'))).status).toBe(200)
    expect((await send('/mcp/legacy', {}, await of('/mcp/legacy', 'registered-itself'))).status).toBe(401)
    expect((await send('/mcp/legacy', {}, await of('/mcp/legacy', 'web'))).status).toBe(200)
    expect((await send('/mcp/named', {}, await of('/mcp/named', 'inspector'))).status).toBe(200)
    expect((await send('/mcp/named', {}, await of('/mcp/named', 'web'))).status).toBe(401)
  })

  it.each([
    ['in the query alone', '', 401],
    ['in the query beside a header', 'header', 400],
  ])('is never read from the query: %s', async (_, how, status) => {
    const response = await send(`/mcp/reports?access_token=${token}`, {}, how === '' ? '' : token)
    expect(response.status).toBe(status)
    expect(response.headers.get('WWW-Authenticate')).toContain(`resource_metadata="${METADATA}"`)
    expect(service.received).toEqual([])
  })

  it('is not taken from a WebSocket', async () => {
    const headers = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Protocol': `sealgate, sealgate.bearer.${token}`,
    }
    await expectError(await send('/mcp/reports', { ...get, headers }, ''), 400, 'invalid_request')
    await expectError(await send('/mcp/reports', { ...get, headers }), 400, 'invalid_request')
  })

  it('is not taken from a form in the body', async () => {
    const body = new URLSearchParams({ access_token: token })
    expect((await send('/mcp/reports', { body }, '')).status).toBe(401)
  })

  it.each(['Basic YTpi', 'DPoP abc', 'Bearer'])(
    'is nothing else in its header: %s',
    async (Authorization) => {
      const response = await send('/mcp/reports', { headers: { Authorization } }, '')
      expect([400, 401]).toContain(response.status)
      expect(response.headers.get('WWW-Authenticate')).toContain('resource_metadata=')
      expect(service.received).toEqual([])
    },
  )

  it('does not count once its user is revoked', async () => {
    env = { ...env, DENYLIST: memoryKv(), JWT_DENYLIST_NAME: 'DENYLIST' }
    await makeKit(env).revoke({ sub: 'auth0|alice' })
    const response = await send('/mcp/reports')
    expect(response.headers.get('WWW-Authenticate')).toContain(`resource_metadata="${METADATA}"`)
    await expectError(response, 401, 'invalid_token')
  })
})

describe('the page of another site', () => {
  const from = (Origin: string): RequestInit => ({ headers: { Origin } })

  it.each(['https://evil.test', 'null', 'http://gateway.test', 'https://gateway.test:8443', ''])(
    'gets 403 with a token and without: Origin %s',
    async (origin) => {
      await expectError(await send('/mcp/reports', from(origin)), 403, 'csrf')
      await expectError(await send('/mcp/reports', from(origin), ''), 403, 'csrf')
      expect(service.received).toEqual([])
    },
  )

  it('passes when CORS_ORIGINS lists it, and may send and read what the transport has', async () => {
    env = { ...env, CORS_ORIGINS: 'https://client.test' }
    expect((await send('/mcp/reports', from(BASE_URL))).status).toBe(200)
    const response = await send('/mcp/reports', from('https://client.test'))
    expect(response.status).toBe(200)
    expect(response.headers.get('Access-Control-Expose-Headers')).toContain('Mcp-Session-Id')
    const asked = {
      method: 'OPTIONS',
      headers: { Origin: 'https://client.test', 'Access-Control-Request-Method': 'DELETE' },
    }
    const preflight = await app.request(REPORTS, asked, env)
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('Access-Control-Allow-Headers')?.split(', ')).toEqual(
      expect.arrayContaining(['authorization', 'mcp-session-id', 'mcp-protocol-version', 'last-event-id']),
    )
    expect((await send('/mcp/reports', from('https://evil.test'))).status).toBe(403)
  })
})

describe('the transport', () => {
  const transport = {
    'MCP-Protocol-Version': '2025-11-25',
    'Last-Event-ID': '7',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': 'whoami',
    'Mcp-Param-Region': 'eu',
  }

  it('passes its headers on, and no others', async () => {
    await send('/mcp/reports', { ...get, headers: { ...transport, 'X-Tenant': '1', Cookie: 'a=b' } })
    const { headers } = service.only()
    for (const [name, value] of Object.entries(transport)) expect(headers.get(name)).toBe(value)
    expect([headers.get('X-Tenant'), headers.get('Cookie')]).toEqual([null, null])
  })

  it('names the host, which a request over a binding does not: servers of MCP hold it against the URL', async () => {
    await send('/mcp/reports', { headers: { Host: 'evil.test' } })
    expect(service.only().headers.get('Host')).toBe('gateway.test')
  })

  it('has none on another route', async () => {
    const bearer = await auth0.token()
    await send('/api/x', { headers: transport }, bearer)
    expect(service.only().headers.get('MCP-Protocol-Version')).toBeNull()
  })

  it.each(['GET', 'POST', 'DELETE'])('has %s', async (method) => {
    expect((await send('/mcp/reports', { method, body: method === 'POST' ? '{}' : null })).status).toBe(200)
    expect(service.only().method).toBe(method)
  })

  it('has no other method', async () => {
    const response = await send('/mcp/reports', { method: 'PUT' })
    expect(response.headers.get('Allow')).toBe('GET, POST, DELETE')
    await expectError(response, 405, 'method_not_allowed')
  })

  it('shows the id of a session to the caller alone whose it is', async () => {
    service.answer = () => new Response('{}', { headers: { 'Mcp-Session-Id': 'inner-id' } })
    const id = (await send('/mcp/reports')).headers.get('Mcp-Session-Id') ?? ''
    expect(id).not.toContain('inner-id')
    service.received.length = 0
    const headers = { 'Mcp-Session-Id': id }
    expect((await send('/mcp/reports', { headers })).headers.get('Mcp-Session-Id')).toBe(id)
    expect(service.only().headers.get('Mcp-Session-Id')).toBe('inner-id')

    const of = (claims: object) => auth0.token({ aud: REPORTS, azp: 'inspector', ...claims })
    for (const other of [await of({ sub: 'auth0|mallory' }), await of({ azp: 'other' })]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        await expectError(
          await send('/mcp/reports', { method, body: null, headers }, other),
          404,
          'not_found',
        )
      }
    }
    await expectError(
      await send('/mcp/reports', { headers: { 'Mcp-Session-Id': 'inner-id' } }),
      404,
      'not_found',
    )
    expect(service.received).toHaveLength(1)
  })

  it('streams, and the stream ends with the internal token', async () => {
    env = { ...env, JWT_TTL_SECONDS: '1' }
    let hasLeft = false
    service.answer = () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
        cancel() {
          hasLeft = true
        },
      })
      return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
    }
    const response = await send('/mcp/reports', get)
    expect(response.headers.get('Content-Type')).toBe('text/event-stream')
    const began = Date.now()
    expect(await response.text()).toBe('data: 1\n\n')
    expect(Date.now() - began).toBeLessThan(5000)
    await vi.waitFor(() => expect(hasLeft).toBe(true))
  })

  it('begins no stream with a token that was used before', async () => {
    await send('/mcp/reports')
    await send('/mcp/reports')
    await send('/mcp/reports', get)
    const ids = service.received.map(
      ({ headers }) => decodeJwt(String(headers.get('Authorization')).slice(7)).jti,
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
  })

  it.each([
    ['Bearer', `Bearer resource_metadata="${METADATA}"`],
    [
      'Bearer error="insufficient_scope", scope="export:reports"',
      `Bearer error="insufficient_scope", scope="export:reports", resource_metadata="${METADATA}"`,
    ],
    [`Bearer resource_metadata="${REPORTS}"`, `Bearer resource_metadata="${REPORTS}"`],
    ['Basic realm="x"', 'Basic realm="x"'],
  ])('adds the metadata to a challenge of the service: %s', async (challenge, expected) => {
    service.answer = () => new Response(null, { status: 403, headers: { 'WWW-Authenticate': challenge } })
    expect((await send('/mcp/reports')).headers.get('WWW-Authenticate')).toBe(expected)
  })
})
