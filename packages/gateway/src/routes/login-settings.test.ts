import { base64url } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth0Client } from '../auth0/client.ts'
import { CookieStore } from '../session/cookie-store.ts'
import { CookieEncryption } from '../session/encryption.ts'
import {
  AUDIENCES,
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
  recordingService,
  ROUTES,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const SECRET = new Uint8Array(32).fill(9)
const ORIGIN = 'https://app.test'
const HTML = { Accept: 'text/html' }
const logs = catchLogs()

let auth0: FakeAuth0
let env: Record<string, unknown>
const service = recordingService()

beforeAll(async () => {
  auth0 = await fakeAuth0()
  env = gatewayEnv({
    BASE_URL: ORIGIN,
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'client-secret',
    SESSION_SECRET: base64url.encode(SECRET),
    SESSION_STORE: 'cookie',
    CONSUMER: service,
  })
})
beforeEach(() => {
  service.received.length = 0
  service.answer = () => Response.json({ from: 'consumer' })
  const metadata = { issuer: 'https://tenant.test/', authorization_endpoint: 'https://tenant.test/authorize' }
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    return url.endsWith('/jwks.json') ? auth0.fetch(input, init) : Promise.resolve(Response.json(metadata))
  })
})

type Settings = Readonly<Record<string, unknown>>

function get(path: string, settings: Settings, headers: Readonly<Record<string, string>> = {}) {
  return Promise.resolve(app.request(`${ORIGIN}${path}`, { headers }, { ...env, ...settings }))
}

/** What Auth0 gets of a login. */
async function authorizeOf(path: string, settings: Settings): Promise<URLSearchParams> {
  const response = await get(path, settings)
  expect(response.status, await response.clone().text()).toBe(302)
  return new URL(response.headers.get('Location') ?? '').searchParams
}

/** What the log alone says of a gateway with such settings. */
async function problemOf(settings: Settings): Promise<string> {
  await expectError(await get('/api/x', settings), 500, 'misconfigured')
  return logs.text()
}

describe('CALLBACK_PATH', () => {
  const there = { CALLBACK_PATH: '/api/auth0/callback' }
  const query = '?code=c&state=s'

  it('is where Auth0 sends the browser back to', async () => {
    const sent = await authorizeOf('/auth/login', there)
    expect(sent.get('redirect_uri')).toBe(`${ORIGIN}/api/auth0/callback`)
    expect((await authorizeOf('/auth/login', {})).get('redirect_uri')).toBe(`${ORIGIN}/auth/callback`)
  })

  it('may have the name that it has elsewhere', async () => {
    const sent = await authorizeOf('/auth/login', { AUTH0_CALLBACK: '/cb' })
    expect(sent.get('redirect_uri')).toBe(`${ORIGIN}/cb`)
  })

  it('is the gateway’s own, though a route covers it', async () => {
    await expectError(await get(`/api/auth0/callback${query}`, there), 400, 'login_failed')
    expect(service.received).toEqual([])
  })

  it('leaves the usual path to routes', async () => {
    await expectError(await get(`/auth/callback${query}`, there), 404, 'not_found')
    const ROUTES_THERE = [{ match: '/auth/callback', methods: ['GET'], service: 'CONSUMER', auth: 'none' }]
    expect((await get('/auth/callback', { ...there, ROUTES: ROUTES_THERE })).status).toBe(200)
    expect(await problemOf({ ROUTES: ROUTES_THERE })).toContain('which the gateway serves itself')
  })

  it('is taken in its plain form and by GET alone', async () => {
    await expectError(await get(`/api/auth0/%63allback${query}`, there), 400, 'invalid_request')
    const method = 'POST'
    const response = await app.request(`${ORIGIN}/api/auth0/callback`, { method }, { ...env, ...there })
    await expectError(response, 405, 'method_not_allowed')
    expect(response.headers.get('Allow')).toBe('GET')
  })

  it('tells people what went wrong on a page', async () => {
    const response = await get(`/api/auth0/callback${query}`, there, HTML)
    expect(response.headers.get('Content-Type')).toMatch(/^text\/html/)
    const usual = await get(`/auth/callback${query}`, there, HTML)
    expect(usual.headers.get('Content-Type')).toBe('application/json')
  })

  it('is never where a login ends', async () => {
    await expectError(await get('/auth/login?returnTo=/api/auth0/callback', there), 400, 'invalid_request')
    expect((await get('/auth/login?returnTo=/auth/callback', there)).status).toBe(302)
  })

  it('is in the OpenAPI document', async () => {
    const document = await (await get('/openapi.json', there)).text()
    expect(document).toContain('"/api/auth0/callback":{"get"')
    expect(document).not.toContain('/auth/callback')
  })

  it('is 404 without logins', async () => {
    const off = { ...there, AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }
    await expectError(await get(`/api/auth0/callback${query}`, off), 404, 'not_found')
  })

  it.each([
    ['a whole URL', 'https://app.test/callback'],
    ['another host', '//evil.test/callback'],
    ['a prefix', '/auth/*'],
    ['a closing slash', '/auth/callback/'],
    ['the start page', '/'],
    ['a query', '/callback?x=1'],
    ['a dot segment', '/auth/../callback'],
    ['a line break', '/callback\r\nX: 1'],
    ['an encoded letter', '/%63allback'],
    ['no slash', 'callback'],
    ['a path that is needed', '/oauth/token'],
    ['a path that is needed for logins', '/auth/login'],
  ])('cannot be %s', async (_, CALLBACK_PATH) => {
    expect(await problemOf({ CALLBACK_PATH })).toMatch(
      /CALLBACK_PATH (must be a path alone|must not have dot segments|is a path that)/,
    )
  })

  it('cannot be the path of a route', async () => {
    const ROUTES_THERE = [{ match: '/cb', methods: ['GET'], service: 'CONSUMER', auth: 'none' }]
    expect(await problemOf({ CALLBACK_PATH: '/cb', ROUTES: ROUTES_THERE })).toContain(
      'ROUTES has /cb, which the gateway serves itself',
    )
  })
})

describe('SESSION_COOKIE_NAME', () => {
  const named = { SESSION_COOKIE_NAME: 'acme' }

  async function session(): Promise<string> {
    const store = new CookieStore(
      {} as Pick<Auth0Client, 'userinfo'>,
      new CookieEncryption([SECRET]),
      () => Date.now() / 1000,
    )
    const { value } = await store.create({
      claims: { sub: 'auth0|alice' },
      accessToken: await auth0.token(),
      expiresAt: Date.now() / 1000 + 3600,
      refreshToken: undefined,
      authTime: Date.now() / 1000 - 10,
    })
    return value
  }

  it('names the cookies of logins too, all with their prefix', async () => {
    const [set] = (await get('/auth/login', named)).headers.getSetCookie()
    expect(set).toMatch(/^__Host-acme-login-[\w-]{22}=.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  })

  it('is the one name under which a session counts', async () => {
    const value = await session()
    const of = async (name: string, settings: Settings) =>
      (await get('/api/x', settings, { Cookie: `${name}=${value}` })).status
    expect(await of('__Host-acme', named)).toBe(200)
    expect(await of('__Host-acme', { AUTH0_SESSION_NAME: 'acme' })).toBe(200)
    expect(await of('acme', named)).toBe(401)
    expect(await of('__Host-sealgate-session', named)).toBe(401)
    expect(await of('__Host-acme', {})).toBe(401)
  })

  it('keeps the rule against other sites', async () => {
    const headers = { Cookie: `__Host-acme=${await session()}`, Origin: 'https://evil.test' }
    const response = await app.request(`${ORIGIN}/api/x`, { method: 'POST', headers }, { ...env, ...named })
    await expectError(response, 403, 'csrf')
  })

  it('is what a logout clears', async () => {
    const headers = { Cookie: `__Host-acme=${await session()}`, Origin: ORIGIN }
    const response = await app.request(
      `${ORIGIN}/auth/logout`,
      { method: 'POST', headers },
      { ...env, ...named },
    )
    expect(response.headers.get('Set-Cookie')).toMatch(/^__Host-acme=; Max-Age=0;/)
  })

  it.each([
    '__Host-acme=x; Path=/',
    'acme=x',
    ' __Host-acme-login-1=x',
    '=__Host-acme=x',
    '= =acme=x',
    'acme =x',
    '__Host-sealgate-session=x',
  ])('is never set by a service: %j', async (setCookie) => {
    const set = (value: string): [string, string] => ['Set-Cookie', value]
    service.answer = () => new Response('ok', { headers: [set(setCookie), set('acme-theme=dark')] })
    const response = await get('/api/x', named, { Cookie: `__Host-acme=${await session()}` })
    expect(response.headers.getSetCookie()).toEqual(['acme-theme=dark'])
  })

  it('is never passed on', async () => {
    const passing = (name: string) => [{ ...ROUTES[0], forwardCookies: [name] }]
    expect(await problemOf({ ...named, AUDIENCES, ROUTES: passing('__Host-acme') })).toContain(
      'passes on __Host-acme, which is a cookie of the gateway itself',
    )
    expect(await problemOf({ ...named, ROUTES: passing('acme-login-x') })).toContain('passes on acme-login-x')
    const headers = { Cookie: `__Host-acme=${await session()}; acme-theme=dark` }
    expect((await get('/api/x', { ...named, ROUTES: passing('acme-theme') }, headers)).status).toBe(200)
    expect(service.only().headers.get('Cookie')).toBe('acme-theme=dark')
  })

  it('is in the OpenAPI document', async () => {
    expect(await (await get('/openapi.json', named)).text()).toContain('"name":"__Host-acme"')
  })

  it.each([
    ['a prefix of its own', '__Host-acme'],
    ['another prefix', '__Secure-acme'],
    ['a prefix in other letters', '__host-acme'],
    ['an attribute', 'acme; Domain=evil.test'],
    ['a second cookie', 'acme=1; x'],
    ['a line break', 'acme\r\nSet-Cookie: x'],
    ['a space', 'ac me'],
    ['a comma', 'ac,me'],
    ['more than 64 characters', 'a'.repeat(65)],
  ])('cannot have %s', async (_, SESSION_COOKIE_NAME) => {
    expect(await problemOf({ SESSION_COOKIE_NAME })).toContain('SESSION_COOKIE_NAME must be letters')
  })
})

describe('SESSION_STORE', () => {
  it('cloudflare-kv, as other kits have it, is Durable Objects, and the log says so', async () => {
    const SESSIONS = { idFromName: () => 'id', get: () => ({}) }
    const store = { SESSION_STORE: 'cloudflare-kv', SESSION_STORE_NAMESPACE: 'Session' }
    await authorizeOf('/auth/login', { ...store, SESSIONS })
    expect(logs.text()).toContain('session_store_replaced')
    expect(await problemOf(store)).toContain('SESSIONS is no Durable Object binding')
    expect(await problemOf({ SESSION_STORE: 'kv' })).toContain('SESSION_STORE must be do or cookie')
  })
})

describe('AUTH0_LOGIN_PARAMETERS', () => {
  const given = (parameters: unknown): Settings => ({ AUTH0_LOGIN_PARAMETERS: JSON.stringify(parameters) })

  it('go with each login', async () => {
    const sent = await authorizeOf('/auth/login', given({ connection: 'google-oauth2', 'ext-brand': 'a&b' }))
    expect(sent.get('connection')).toBe('google-oauth2')
    expect(sent.get('ext-brand')).toBe('a&b')
    expect(sent.getAll('state')).toHaveLength(1)
  })

  it.each([
    ['names one that is offered', '?screen_hint=signup', 'signup'],
    ['names none', '', null],
    ['names one that is not offered', '?screen_hint=reset', 400],
    ['names two', '?screen_hint=signup&screen_hint=login', 400],
    ['names what is fixed', '?connection=evil', null],
    ['names what nobody set', '?ui_locales=fr', null],
  ])('of a choice: a login that %s', async (_, query, expected) => {
    const response = await get(
      `/auth/login${query}`,
      given({ screen_hint: ['signup', 'login'], connection: 'users' }),
    )
    if (expected === 400) {
      await expectError(response, 400, 'invalid_request')
      return
    }
    const sent = new URL(response.headers.get('Location') ?? '').searchParams
    expect(sent.get('screen_hint')).toBe(expected)
    expect(sent.get('connection')).toBe('users')
    expect(sent.has('ui_locales')).toBe(false)
  })

  it.each([
    ...['response_type', 'response_mode', 'client_id', 'client_secret', 'redirect_uri', 'scope', 'audience'],
    ...['state', 'nonce', 'code_challenge', 'code_challenge_method', 'max_age', 'prompt', 'organization'],
    ...['request', 'request_uri', 'resource', 'authorization_details', 'dpop_jkt', 'returnTo', 'tries'],
  ])('cannot hold %s', async (name) => {
    for (const value of ['x', ['x']]) {
      expect(await problemOf(given({ [name]: value }))).toContain('is set by the gateway itself: remove it')
    }
  })

  it.each([
    ['a name that is none', { 'a=b&state': 'x' }, 'is no name of a parameter'],
    ['a number', { x: 1 }, 'must be a text or a list of texts'],
    ['an empty choice', { x: [] }, 'must list at least one value'],
    ['an empty text', { x: '' }, 'must not be empty'],
  ])('cannot hold %s', async (_, parameters, problem) => {
    const said = await problemOf(given(parameters))
    expect(said).toContain('AUTH0_LOGIN_PARAMETERS')
    expect(said).toContain(problem)
  })
})
