import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
  type RecordingService,
  recordingService,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let slot: string
let token: string
let service: RecordingService
let env: Record<string, unknown>
const logs = catchLogs()

const common = { methods: ['GET', 'POST'], service: 'CONSUMER' }
const ROUTES = [
  { ...common, match: '/api/*', audience: 'reports', identityHeaders: true },
  {
    ...common,
    match: '/public/*',
    audience: 'reports',
    auth: 'anonymous',
    anonymousGrant: ['read:reports'],
    identityHeaders: true,
  },
  {
    ...common,
    match: '/members/*',
    audience: 'reports',
    auth: 'anonymous',
    require: ['export:reports'],
    anonymousGrant: [],
  },
  { ...common, match: '/open/*', auth: 'none', forwardCookies: ['theme', 'lang'] },
]

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  token = await auth0.token()
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  service = recordingService()
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: slot, ROUTES, CONSUMER: service })
})

async function call(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.request(`https://gateway.test${path}`, { headers }, env)
}
const bearer = (): Record<string, string> => ({ Authorization: `Bearer ${token}` })

describe('an anonymous route', () => {
  it('returns a caller without credentials a token of its own, with the anonymous grant and no role', async () => {
    expect((await call('/public/x')).status).toBe(200)
    const claims = decodeJwt(service.token())
    expect(claims).toMatchObject({
      kind: 'anonymous',
      permissions: ['read:reports'],
      roles: [],
      aud: 'reports',
    })
    expect(claims.sub).toMatch(/^anon:[0-9a-f-]{36}$/)
  })

  it('gives two callers two subjects', async () => {
    await call('/public/x')
    await call('/public/x')
    const [one, two] = service.received.map(({ headers }) =>
      decodeJwt(String(headers.get('Authorization')).slice(7)),
    )
    expect(one?.sub).not.toBe(two?.sub)
  })

  it('returns a caller with a token what its token grants', async () => {
    await call('/public/x', bearer())
    expect(decodeJwt(service.token())).toMatchObject({ sub: 'auth0|alice', kind: 'user', roles: ['analyst'] })
  })

  it('never takes a bad token for none', async () => {
    await expectError(await call('/public/x', { Authorization: 'Bearer nonsense' }), 401, 'invalid_token')
    await expectError(await call('/public/x', { Authorization: 'Basic YTpi' }), 401, 'unauthorized')
    expect(service.received).toEqual([])
  })

  it('requests credentials where an anonymous caller has not what it requires', async () => {
    const response = await call('/members/x')
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    await expectError(response, 401, 'unauthorized')
    expect((await call('/members/x', bearer())).status).toBe(200)
  })

  it.each([
    ['without a grant of its own', { anonymousGrant: undefined }, /anonymousGrant/],
    ['with a grant above the maximum', { anonymousGrant: ['delete:everything'] }, /never carries/],
  ])('%s does not start', async (_, change, problem) => {
    const broken = [{ ...ROUTES[1], ...change }]
    const response = await app.request('https://gateway.test/x', {}, { ...env, ROUTES: broken })
    await expectError(response, 500, 'misconfigured')
    expect(logs.text()).toMatch(problem)
  })

  it('below a stricter one must say that it is meant', async () => {
    const routes = [ROUTES[0], { ...ROUTES[1], match: '/api/public/*' }]
    const response = await app.request('https://gateway.test/x', {}, { ...env, ROUTES: routes })
    await expectError(response, 500, 'misconfigured')
    const meant = [routes[0], { ...routes[1], overrides: true }]
    const second = await app.request('https://gateway.test/api/public/x', {}, { ...env, ROUTES: meant })
    expect(second.status).toBe(200)
  })
})

describe('identity headers', () => {
  it('say who the verified caller is, whatever the caller says', async () => {
    await call('/api/x', { ...bearer(), 'X-User-ID': 'auth0|root', 'X-User-Roles': '["admin"]' })
    expect(service.only().headers.get('X-User-ID')).toBe('auth0|alice')
    expect(service.only().headers.get('X-User-Roles')).toBe('["analyst"]')
  })

  it.each([
    ['auth0|名前', null],
    ['samlp|acme|Jürgen', null],
    ['samlp|acme|Jane Doe', 'samlp|acme|Jane Doe'],
  ])('hold %s when a header can: the token says it anyway', async (sub, header) => {
    expect((await call('/api/x', { Authorization: `Bearer ${await auth0.token({ sub })}` })).status).toBe(200)
    expect(service.only().headers.get('X-User-ID')).toBe(header)
    expect(decodeJwt(service.token()).sub).toBe(sub)
  })

  it('name an anonymous caller by its own subject', async () => {
    await call('/public/x', { 'X-User-ID': 'auth0|root' })
    expect(service.only().headers.get('X-User-ID')).toBe(decodeJwt(service.token()).sub)
  })
})

describe('cookies', () => {
  it('pass by name, and the gateway’s own never', async () => {
    const Cookie = 'theme=dark; __Host-sealgate-session=canary; other=1; lang=de; sealgate-login=canary'
    await call('/open/x', { Cookie })
    expect(service.only().headers.get('Cookie')).toBe('theme=dark; lang=de')
  })

  it('of the gateway cannot be requested by a route', async () => {
    const broken = [{ ...ROUTES[3], forwardCookies: ['__Host-sealgate-session'] }]
    const response = await app.request('https://gateway.test/x', {}, { ...env, ROUTES: broken })
    await expectError(response, 500, 'misconfigured')
  })

  it('of the gateway cannot be set by a service', async () => {
    service.answer = () => {
      const headers = new Headers()
      for (const cookie of ['a=1', '__Host-sealgate-session=stolen', 'sealgate-login=x', 'b=2']) {
        headers.append('Set-Cookie', cookie)
      }
      return new Response(null, { headers })
    }
    expect((await call('/open/x')).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })
})

describe('a token that was issued before', () => {
  it('is used again for the same caller and route', async () => {
    await call('/api/x', bearer())
    await call('/api/y', bearer())
    const [one, two] = service.received.map(({ headers }) => headers.get('Authorization'))
    expect(two).toBe(one)
  })

  it('costs no signature, of Auth0 or of ours, once both were seen', async () => {
    await call('/api/x', bearer())
    const [verify, sign] = [vi.spyOn(crypto.subtle, 'verify'), vi.spyOn(crypto.subtle, 'sign')]
    expect((await call('/api/x', bearer())).status).toBe(200)
    expect([verify.mock.calls.length, sign.mock.calls.length]).toEqual([0, 0])
    verify.mockRestore()
    sign.mockRestore()
  })

  it('is never used for another token of the same user, nor for another grant', async () => {
    await call('/api/x', bearer())
    await call('/api/x', { Authorization: `Bearer ${await auth0.token({ permissions: [] })}` })
    await call('/public/x', bearer())
    await call('/members/x', bearer())
    const tokens = service.received.map(({ headers }) => headers.get('Authorization'))
    expect(decodeJwt(String(tokens[1]).slice(7)).permissions).toEqual([])
    expect(new Set([tokens[0], tokens[1], tokens[3]]).size).toBe(3)
  })

  it('is not used once the next key signs', async () => {
    await call('/api/x', bearer())
    const later = { ...env, SLOT_A: await newSlot('slot-b') }
    await app.request('https://gateway.test/api/x', { headers: bearer() }, later)
    const [one, two] = service.received.map(({ headers }) => headers.get('Authorization'))
    expect(two).not.toBe(one)
  })

  it('does not outlive the verification of the subject token', async () => {
    await call('/api/x', bearer())
    await expectError(await call('/api/x', { Authorization: `Bearer ${token}x` }), 401, 'invalid_token')
  })
})

describe('a WebSocket', () => {
  const upgrade = (protocols?: string): Record<string, string> => ({
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'x3JJHMbDL1EzLkh9GBhXDw==',
    'Sec-WebSocket-Version': '13',
    ...(protocols !== undefined && { 'Sec-WebSocket-Protocol': protocols }),
  })

  /** A service's 101 with this subprotocol selected; notes the codes that its socket is closed with. */
  const accepted = (protocol: string | undefined, closed: number[] = []): Response => {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('close', ({ code }) => closed.push(code))
    const headers = new Headers(protocol === undefined ? {} : { 'Sec-WebSocket-Protocol': protocol })
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  beforeEach(() => {
    service.answer = () => {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => {
        server.send(`echo ${String(data)}`)
      })
      return new Response(null, { status: 101, webSocket: client })
    }
  })

  it('opens with the token as subprotocol, which goes no further and is never answered', async () => {
    const response = await call('/api/chat', upgrade(`sealgate, sealgate.bearer.${token}`))
    expect(response.status).toBe(101)
    expect(response.headers.get('Sec-WebSocket-Protocol')).toBe('sealgate')
    expect([...service.only().headers.values()].join()).not.toContain(token)
    expect(service.only().headers.get('Upgrade')).toBe('websocket')
    expect(decodeJwt(service.token())).toMatchObject({ sub: 'auth0|alice', aud: 'reports' })
    const socket = response.webSocket
    if (!socket) throw new Error('no socket')
    const answered = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
    socket.accept()
    socket.send('hello')
    expect(await answered).toBe('echo hello')
    socket.close()
  })

  it('keeps the subprotocols that are the service’s', async () => {
    await call('/api/chat', upgrade(`chat.v2, sealgate, sealgate.bearer.${token}`))
    expect(service.only().headers.get('Sec-WebSocket-Protocol')).toBe('chat.v2')
  })

  it.each([
    ['that was offered beside others', 'chat.v2, sealgate', 'chat.v2', 'chat.v2'],
    ['of none, when none was offered', undefined, undefined, null],
    ['of none is sealgate, when that was offered', 'chat.v2, sealgate', undefined, 'sealgate'],
  ])('passes back the service’s choice %s', async (_, offered, selected, expected) => {
    service.answer = () => accepted(selected)
    const response = await call('/api/chat', { ...upgrade(offered), ...bearer() })
    expect(response.status).toBe(101)
    expect(response.headers.get('Sec-WebSocket-Protocol')).toBe(expected)
    response.webSocket?.accept()
    response.webSocket?.close()
  })

  it.each([
    ['nothing was offered', undefined],
    ['another was offered', 'chat.v2'],
    ['only the token’s pair was offered', 'pair'],
  ])('whose service selects a subprotocol that was never offered is 502: %s', async (_, offered) => {
    const closed: number[] = []
    service.answer = () => accepted('chat.v1', closed)
    const headers =
      offered === 'pair'
        ? upgrade(`sealgate, sealgate.bearer.${token}`)
        : { ...upgrade(offered), ...bearer() }
    await expectError(await call('/api/chat', headers), 502, 'bad_gateway')
    expect(logs.text()).toContain('the service selected a subprotocol that was not offered')
    await vi.waitFor(() => expect(closed).toEqual([1002]))
  })

  it.each([
    ['no token', 'sealgate', 401, 'unauthorized'],
    ['a bad token', 'sealgate, sealgate.bearer.abc', 401, 'invalid_token'],
    ['two tokens', 'sealgate, sealgate.bearer.abc, sealgate.bearer.def', 400, 'invalid_request'],
    ['a token alone', 'sealgate.bearer.abc', 400, 'invalid_request'],
    ['an empty token', 'sealgate, sealgate.bearer.', 400, 'invalid_request'],
  ])('with %s is rejected before it opens', async (_, protocols, status, error) => {
    await expectError(await call('/api/chat', upgrade(protocols)), status, error)
    expect(service.received).toEqual([])
  })

  it('with a header and a subprotocol is rejected', async () => {
    const headers = { ...upgrade(`sealgate, sealgate.bearer.${token}`), ...bearer() }
    await expectError(await call('/api/chat', headers), 400, 'invalid_request')
  })

  it('without an upgrade, its subprotocols are no credentials', async () => {
    const headers = { 'Sec-WebSocket-Protocol': `sealgate, sealgate.bearer.${token}` }
    await expectError(await call('/api/chat', headers), 401, 'unauthorized')
  })
})

describe('pages of other origins', () => {
  const asked = {
    Origin: 'https://app.test',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization',
  }
  const preflight = (headers: Record<string, string>): Promise<Response> =>
    Promise.resolve(app.request('https://gateway.test/api/x', { method: 'OPTIONS', headers }, env))

  it('read nothing unless they are listed', async () => {
    const response = await call('/api/x', { ...bearer(), Origin: 'https://app.test' })
    expect([...response.headers.keys()].filter((name) => /^access-control|^vary/.test(name))).toEqual([])
    await expectError(await preflight(asked), 405, 'method_not_allowed')
  })

  it('read responses when they are, without credentials', async () => {
    env = { ...env, CORS_ORIGINS: 'https://app.test,https://b.test' }
    const before = await preflight(asked)
    expect(before.status).toBe(204)
    expect(before.headers.get('Access-Control-Allow-Origin')).toBe('https://app.test')
    expect(before.headers.get('Access-Control-Allow-Headers')).toContain('authorization')
    const response = await call('/api/x', { ...bearer(), Origin: 'https://app.test' })
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.test')
    expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull()
    expect(response.headers.get('Vary')).toContain('Origin')
  })

  it.each(['https://evil.test', 'https://app.test.evil.test', 'null', 'http://app.test'])(
    'are not %s',
    async (Origin) => {
      env = { ...env, CORS_ORIGINS: 'https://app.test' }
      expect((await preflight({ ...asked, Origin })).headers.get('Access-Control-Allow-Origin')).toBeNull()
      const response = await call('/api/x', { ...bearer(), Origin })
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
    },
  )

  it('are not what a service says', async () => {
    service.answer = () => new Response(null, { headers: { 'Access-Control-Allow-Origin': '*' } })
    expect((await call('/api/x', bearer())).headers.get('Access-Control-Allow-Origin')).toBeNull()
  })

  it.each(['https://app.test/', 'app.test', '*', 'https://app.test/path'])(
    'cannot be listed as %s',
    async (CORS_ORIGINS) => {
      env = { ...env, CORS_ORIGINS }
      await expectError(await call('/api/x'), 500, 'misconfigured')
    },
  )
})
