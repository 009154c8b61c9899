import { env as bindings } from 'cloudflare:workers'
import { base64url, decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { RESERVED_PATHS } from '../config/reserved-paths.ts'
import type { Login } from '../auth0/client-types.ts'
import { CookieEncryption, type Purpose } from '../session/encryption.ts'
import type { ObjectNamespace } from '../config/session.ts'
import { cookiesOf } from '../session/cookies.ts'
import { DurableStore } from '../session/durable-object-store.ts'
import { keepLoginAttempt, newLoginAttempt } from '../session/login-attempt.ts'
import {
  catchLogs,
  countingLimiter,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  memoryKv,
  newSlot,
  recordingService,
} from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'

const { SESSIONS } = bindings as unknown as { SESSIONS: ObjectNamespace }
const SECRET = new Uint8Array(32).fill(9)
const ORIGIN = 'https://app.test'
const encryption = new CookieEncryption([SECRET])
const logs = catchLogs()

let auth0: FakeAuth0
let env: Record<string, unknown>
/** What was sent to Auth0's own endpoints. */
let sent: string[]
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
    SESSIONS,
    CONSUMER: service,
  })
  // The Durable Objects are in this isolate, and read this environment.
  Object.assign(bindings, { ...env, ROUTES: [] })
})
beforeEach(() => {
  sent = []
  service.received.length = 0
  service.answer = () => Response.json({ from: 'consumer' })
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.endsWith('/jwks.json')) return auth0.fetch(input, init)
    sent.push(new URL(url).pathname)
    return Promise.resolve(new Response(null, { status: 200 }))
  })
})

/** The `Cookie` header of a user who is logged in. */
async function cookie(changed: Partial<Login> = {}): Promise<string> {
  const store = new DurableStore(SESSIONS, encryption, () => Date.now() / 1000)
  const { value } = await store.create({
    claims: { sub: 'auth0|alice', nonce: 'n' },
    accessToken: await auth0.token(),
    expiresAt: Date.now() / 1000 + 3600,
    refreshToken: 'refresh-token-canary',
    authTime: Date.now() / 1000 - 10,
    ...changed,
  })
  return `__Host-sealgate-session=${value}`
}

function get(path: string, headers: Readonly<Record<string, string>>, on = env): Promise<Response> {
  return Promise.resolve(app.request(`${ORIGIN}${path}`, { headers }, on))
}

const ROUTES: [method: string, path: string][] = [
  ['GET', '/auth/login'],
  ['GET', '/auth/callback'],
  ['GET', '/auth/profile'],
  ['POST', '/auth/refresh'],
  ['POST', '/auth/logout'],
]

describe('without logins', () => {
  it.each(ROUTES)('%s %s is not there', async (method, path) => {
    const off = { ...env, AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }
    await expectError(await app.request(`${ORIGIN}${path}`, { method }, off), 404, 'not_found')
  })

  it('a session cookie counts for nothing', async () => {
    const off = { ...env, AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }
    await expectError(await get('/api/x', { Cookie: await cookie() }, off), 401, 'unauthorized')
  })

  it.each(ROUTES)('%s %s says in the log alone that the secret is what is missing', async (method, path) => {
    const off = { ...env, SESSION_SECRET: '' }
    const response = await app.request(`${ORIGIN}${path}`, { method }, off)
    expect(await expectError(response, 500, 'misconfigured')).not.toContain('SECRET')
    expect(logs.text()).toContain('SESSION_SECRET is missing')
  })
})

describe('a login', () => {
  /** Where the browser is sent, or the status of a rejection. */
  async function login(query: string, AUTH0_ORGANIZATIONS: string): Promise<string | number | null> {
    const metadata = {
      issuer: 'https://tenant.test/',
      authorization_endpoint: 'https://tenant.test/authorize',
    }
    vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(Response.json(metadata)))
    const response = await app.request(`${ORIGIN}/auth/login${query}`, {}, { ...env, AUTH0_ORGANIZATIONS })
    if (response.status !== 302) return response.status
    return new URL(response.headers.get('Location') ?? '').searchParams.get('organization')
  }

  it.each([
    ['names no organization where none is set', '', '', null],
    ['names the only one', '', 'org_1', 'org_1'],
    ['leaves the choice of several to Auth0', '', 'org_1,org_2', null],
    ['names the one that was asked for', '?organization=org_2', 'org_1,org_2', 'org_2'],
    ['names any where any may log in', '?organization=org_9', '*', 'org_9'],
    ['rejects one that is not listed', '?organization=org_3', 'org_1,org_2', 400],
    ['rejects one where none is set', '?organization=org_1', '', 400],
    ['rejects two', '?organization=org_1&organization=org_2', 'org_1,org_2', 400],
    ['rejects what is no id', '?organization=https://evil.test', '*', 400],
  ])('%s', async (_, query, organizations, expected) => {
    expect(await login(query, organizations)).toBe(expected)
  })
})

// Whoever is counted by their address is counted for what pages elsewhere make their browser send, too.
describe('a limit by address', () => {
  const PAGES: [string, Record<string, string>][] = [
    ['an image of another site', { site: 'cross-site', mode: 'no-cors', dest: 'image' }],
    ['an image of a sibling', { site: 'same-site', mode: 'no-cors', dest: 'image' }],
    ['a fetch of another site', { site: 'cross-site', mode: 'no-cors', dest: 'empty' }],
    ['a frame on another site', { site: 'cross-site', mode: 'navigate', dest: 'iframe' }],
    ['a form on another site', { site: 'cross-site', mode: 'navigate', dest: 'document' }],
  ]
  const evil = (given: Record<string, string>) => ({
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`Sec-Fetch-${name}`, value])),
    'CF-Connecting-IP': '203.0.113.9',
  })
  const limited = () => {
    const limiter = countingLimiter(Infinity)
    const kv = { DENYLIST: memoryKv(), JWT_DENYLIST_NAME: 'DENYLIST' }
    return { limiter, on: { ...env, ...kv, RATE_LIMITER: limiter } }
  }

  it.each(PAGES.slice(0, -1))('is not used up, nor are logins pushed out, by %s', async (_, given) => {
    const { limiter, on } = limited()
    const response = await get('/auth/login', evil(given), on)
    expect(response.headers.getSetCookie()).toEqual([])
    await expectError(response, 403, 'csrf')
    expect(limiter.keys).toEqual([])
  })

  it.each(PAGES)('of the forms is not used up by %s, unless it may read responses', async (_, given) => {
    const { limiter, on } = limited()
    const body = new URLSearchParams({ grant_type: 'x', token: 'x' })
    const Origin = 'https://page.test'
    const post = (path: string, to: object, headers: Record<string, string>) =>
      app.request(`${ORIGIN}${path}`, { method: 'POST', headers, body }, to)
    for (const path of ['/oauth/token', '/oauth/revoke']) {
      await expectError(await post(path, on, { ...evil(given), Origin }), 403, 'csrf')
      await expectError(await post(path, on, { ...evil(given), Origin: 'null' }), 403, 'csrf')
      expect(limiter.keys).toEqual([])
      expect((await post(path, { ...on, CORS_ORIGINS: Origin }, { ...evil(given), Origin })).status).not.toBe(
        403,
      )
      expect((await post(path, on, { 'CF-Connecting-IP': '203.0.113.9' })).status).not.toBe(403)
      expect(limiter.keys.splice(0)).toEqual(['ip:203.0.113.9', 'ip:203.0.113.9'])
    }
  })
})

describe('a callback', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  const HTML = { Accept: 'text/html' }

  /** A login that was begun some seconds ago: its callback, and its cookie, sealed as given. */
  async function begun(
    age = 0,
    seal?: readonly [key: CookieEncryption, purpose: Purpose],
  ): Promise<{ readonly path: string; readonly name: string; readonly Cookie: string }> {
    const cookies = cookiesOf((await gatewayOf(env)).config, ORIGIN)
    const keeping = { encryption, cookies, now: now() - age }
    const attempt = await newLoginAttempt(keeping, {
      returnTo: '/app?x=1',
      tries: 0,
      requiresIss: false,
      isForced: false,
      organization: undefined,
    })
    const [set = ''] = await keepLoginAttempt(keeping, new Request(ORIGIN), attempt)
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(set) ?? []
    const kept = (await encryption.decrypt('login', value, now() - age)) ?? {}
    return {
      path: `/auth/callback?code=c&state=${encodeURIComponent(attempt.state)}`,
      name,
      Cookie: `${name}=${seal ? await seal[0].encrypt(seal[1], kept, now() + 60) : value}`,
    }
  }

  it('after more than ten minutes is too late, and says so', async () => {
    const { path, name, Cookie } = await begun(601)
    const response = await get(path, { Cookie })
    expect(response.headers.get('Set-Cookie')).toMatch(new RegExp(`^${name}=; Max-Age=0; .*; Secure$`))
    expect(await expectError(response, 400, 'login_failed')).toMatch(/longer than ten minutes/)
    expect(sent, 'the code was not used').toEqual([])
    expect(await (await get(path, HTML)).text(), 'its cookie is gone by then').toContain('took too long')
  })

  it.each([
    ['without its prefix', ({ Cookie }: { Cookie: string }) => Cookie.replace('__Host-', '')],
    ['for another state', ({ Cookie }: { Cookie: string }) => Cookie.replace('=', 'x=')],
    ['in another browser', () => ''],
  ])('whose cookie is %s is rejected before its code is used', async (_, change) => {
    const login = await begun()
    const response = await get(login.path, { Cookie: change(login) })
    expect(await expectError(response, 400, 'login_failed')).toMatch(/no cookie of this login/)
    expect(sent).toEqual([])
  })

  it.each([
    ['by another key', new CookieEncryption([new Uint8Array(32).fill(8)]), 'login'],
    ['for another purpose', encryption, 'session'],
  ] as const)('whose login was sealed %s is rejected before its code is used', async (_, key, purpose) => {
    const { path, Cookie } = await begun(0, [key, purpose])
    await expectError(await get(path, { Cookie }), 400, 'login_failed')
    expect(sent).toEqual([])
  })

  it('forgets its login when Auth0 answers with nonsense, too', async () => {
    const { path, name, Cookie } = await begun()
    const response = await get(path, { Cookie })
    expect(response.headers.get('Set-Cookie')).toMatch(new RegExp(`^${name}=; Max-Age=0;`))
    await expectError(response, 502, 'auth0_unavailable')
    expect(sent).toEqual(['/oauth/token'])
  })

  it('that comes again and again is counted before Auth0 is asked', async () => {
    const { path, Cookie } = await begun()
    const on = { ...env, RATE_LIMITER: countingLimiter(1) }
    const open = (): Promise<Response> => get(path, { Cookie, 'CF-Connecting-IP': '203.0.113.9' }, on)
    await expectError(await open(), 502, 'auth0_unavailable')
    await expectError(await open(), 429, 'too_many_requests')
    expect(sent).toEqual(['/oauth/token'])
  })

  it.each([
    ['opened again', async () => (await begun()).path, '/app?x=1'],
    ['too late', async () => (await begun(601)).path, '/app?x=1'],
    ['made up', () => Promise.resolve('/auth/callback?code=c&state=s'), '/'],
    ['a rejection', () => Promise.resolve('/auth/callback?error=access_denied&state=s'), '/'],
  ])('that is %s leads whoever has a session on to the site', async (_, make, target) => {
    const response = await get(await make(), { Cookie: await cookie(), ...HTML })
    expect(response.status).toBe(303)
    expect(response.headers.get('Location')).toBe(`${ORIGIN}${target}`)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('offers a login that keeps its aim, twice, where there is no session', async () => {
    const { path } = await begun()
    const first = await (await get(path, HTML)).text()
    expect(first).toContain('href="/auth/login?returnTo=%2Fapp%3Fx%3D1&#38;tries=1"')
    const over = await cookie()
    await app.request(
      `${ORIGIN}/auth/logout`,
      { method: 'POST', headers: { Cookie: over, Origin: ORIGIN } },
      env,
    )
    expect(await (await get(path, { Cookie: over, ...HTML })).text(), 'nor one that is over').toContain(
      'tries=1',
    )
  })
})

describe('a session', () => {
  it('speaks for its user to services, who never see its cookie or Auth0’s token', async () => {
    const Cookie = await cookie()
    const response = await get('/api/x', { Cookie: `theme=dark; ${Cookie}` })
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('private, no-store')
    const { headers } = service.only()
    expect(headers.get('Cookie')).toBeNull()
    expect([...headers.values()].join()).not.toContain(await auth0.token())
    expect(service.token()).toMatch(/^eyJ/)
  })

  it('opens a WebSocket from a page of ours, and from no other', async () => {
    const Cookie = await cookie()
    const upgrade = { Cookie, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' }
    for (const Origin of ['https://evil.test', 'null', 'https://app.test.evil.test', 'http://app.test']) {
      await expectError(await get('/api/x', { ...upgrade, Origin }), 403, 'csrf')
    }
    expect(service.received).toEqual([])
    expect((await get('/api/x', { ...upgrade, Origin: ORIGIN })).status).toBe(200)
    expect(service.only().headers.get('Upgrade')).toBe('websocket')
  })

  // What browsers send (W3C Fetch Metadata): a sibling's page makes a same-site request, and Lax cookies go with it.
  it.each<[string, site: string | null, mode: string, dest: string, passes: boolean]>([
    ['a fetch of our own page', 'same-origin', 'cors', 'empty', true],
    ['an address that was typed', 'none', 'navigate', 'document', true],
    ['a link on a sibling', 'same-site', 'navigate', 'document', true],
    ['a link on another site', 'cross-site', 'navigate', 'document', true],
    ['a link that our service worker passes on', 'cross-site', 'navigate', 'empty', true],
    ['a client that says nothing', null, '', '', true],
    ['an image on a sibling', 'same-site', 'no-cors', 'image', false],
    ['a script on a sibling', 'same-site', 'no-cors', 'script', false],
    ['a fetch of a sibling', 'same-site', 'cors', 'empty', false],
    ['a frame on a sibling', 'same-site', 'navigate', 'iframe', false],
    ['an object on a sibling', 'same-site', 'navigate', 'object', false],
    ['a fetch of another site', 'cross-site', 'cors', 'empty', false],
    ['what no browser sends', 'elsewhere', 'cors', 'empty', false],
  ])('on GET counts or does not for %s', async (_, site, mode, dest, passes) => {
    const from = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest }
    const headers = site === null ? {} : (from as Record<string, string>)
    const Cookie = await cookie()
    const dev = { ...env, WORKER_ENV: 'dev', BASE_URL: ORIGIN }
    for (const [path, on] of [
      ['/api/x', env],
      ['/auth/profile', env],
      ['/dev/token', dev],
    ] as const) {
      const response = await get(path, { Cookie, ...headers }, on)
      if (passes) expect(response.status, path).toBe(200)
      else await expectError(response, 403, 'csrf')
    }
    expect(service.received).toHaveLength(passes ? 1 : 0)
  })

  it('is not read by any route for a page of a sibling', async () => {
    let reads = 0
    const read = () => Promise.reject(new Error(`read ${++reads} times`))
    const object = { access: read, refresh: read, profile: read, end: read }
    // What /ready reads is nobody's: no session has so short a name.
    const nobodys = { access: () => Promise.resolve({ ok: false, code: 'no_session' }) }
    const SESSIONS = {
      idFromName: (name: string) => name,
      get: (name: string) => (name.length < 43 ? nobodys : object),
    }
    const on = { ...env, SESSIONS, WORKER_ENV: 'dev' }
    const headers = {
      Cookie: await cookie(),
      'Sec-Fetch-Site': 'same-site',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
    }
    // Readiness asks the store whether it is there, in the name of no session.
    const paths = RESERVED_PATHS.filter((path) => path !== '/ready')
    for (const path of [...paths, '/api/x', '/dev/token', '/dev/keys']) {
      for (const method of ['GET', 'HEAD']) await app.request(`${ORIGIN}${path}`, { method, headers }, on)
    }
    expect(reads).toBe(0)
    for (const path of ['/auth/profile', '/api/x', '/dev/token']) {
      await get(path, { Cookie: headers.Cookie }, on)
    }
    expect(reads, 'by whom it may be').toBe(3)
  })

  it('is not for pages of CORS_ORIGINS: they send a token, which counts alone', async () => {
    const on = { ...env, CORS_ORIGINS: 'https://sibling.app.test' }
    const from = {
      Cookie: await cookie(),
      Origin: 'https://sibling.app.test',
      'Sec-Fetch-Site': 'same-site',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
    }
    await expectError(await get('/api/x', from, on), 403, 'csrf')
    const response = await get('/api/x', { ...from, Authorization: `Bearer ${await auth0.token()}` }, on)
    expect(response.status).toBe(200)
  })

  it('leaves a service its own Cache-Control', async () => {
    service.answer = () => new Response('ok', { headers: { 'Cache-Control': 'private, max-age=5' } })
    const response = await get('/api/x', { Cookie: await cookie() })
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=5')
  })

  it.each([
    '__Host-sealgate-session=x; Path=/',
    'sealgate-session=x; Path=/',
    ' __Host-sealgate-login=x',
    '=__Host-sealgate-session=x',
    '= =sealgate-session=x',
  ])('is never set by a service: %j', async (setCookie) => {
    service.answer = () =>
      new Response('ok', {
        headers: [
          ['Set-Cookie', setCookie],
          ['Set-Cookie', 'theme=dark'],
        ],
      })
    const response = await get('/api/x', { Cookie: await cookie() })
    expect(response.headers.getSetCookie()).toEqual(['theme=dark'])
  })

  it('of a user who was revoked ends, though its token was refreshed since', async () => {
    const on = { ...env, DENYLIST: memoryKv(), JWT_DENYLIST_NAME: 'DENYLIST' }
    const before = await cookie()
    const refreshed = await cookie({
      accessToken: await auth0.token({ iat: Math.floor(Date.now() / 1000) + 30 }),
    })
    await (await gatewayOf(on)).kitFor('reports').revoke({ sub: 'auth0|alice' })
    for (const Cookie of [before, refreshed]) {
      await expectError(await get('/api/x', { Cookie }, on), 401, 'session_expired')
      await expectError(await get('/auth/profile', { Cookie }), 401, 'unauthorized')
    }
    expect(service.received).toEqual([])
    expect(sent, 'and its refresh token with it').toEqual(['/oauth/revoke', '/oauth/revoke'])
  })

  it('is dated by its login, not by its access token, in what services get', async () => {
    const authTime = Math.floor(Date.now() / 1000) - 5000
    await get('/api/x', { Cookie: await cookie({ authTime }) })
    expect(decodeJwt(service.token()).auth_iat).toBe(authTime)
  })

  it('is not mixed up with its own access token, sent by somebody else', async () => {
    const accessToken = await auth0.token()
    const authTime = Math.floor(Date.now() / 1000) - 5000
    await get('/api/x', { Cookie: await cookie({ accessToken, authTime }) })
    service.received.length = 0
    await get('/api/x', { Authorization: `Bearer ${accessToken}` })
    expect(decodeJwt(service.token()).auth_iat).toBeLessThan(authTime)
  })

  it('gets what Auth0 says anew at the limit of its subject', async () => {
    const on = { ...env, RATE_LIMITER: countingLimiter(1) }
    const Cookie = await cookie()
    await get('/auth/profile?fresh=1', { Cookie }, on)
    await expectError(await get('/auth/profile?fresh=1', { Cookie }, on), 429, 'too_many_requests')
    expect((await get('/auth/profile', { Cookie }, on)).status).toBe(200)
  })

  it('whose access token does not count at Auth0’s own API is rejected as such', async () => {
    const Cookie = await cookie({ accessToken: await auth0.token({ azp: 'foreign' }) })
    await expectError(await get('/api/x', { Cookie }), 401, 'invalid_token')
    expect(service.received).toEqual([])
  })

  it('whose Durable Object cannot be reached is not over', async () => {
    const down = () => Promise.reject(new Error('canary'))
    const unreachable = () => ({ start: down, access: down, refresh: down, profile: down, end: down })
    const on = { ...env, SESSIONS: { idFromName: () => 'id', get: unreachable } }
    const Cookie = await cookie()
    for (const path of ['/auth/profile', '/api/x']) {
      const response = await get(path, { Cookie }, on)
      expect(response.headers.get('Set-Cookie')).toBeNull()
      await expectError(response, 503, 'temporarily_unavailable')
    }
    expect(logs.text()).not.toContain('canary')
  })

  it('leaves nothing of itself in the log', async () => {
    const before = env
    env = { ...env, LOG_LEVEL: 'debug' }
    const Cookie = await cookie()
    await get('/auth/profile', { Cookie })
    await get('/api/x', { Cookie })
    await app.request(`${ORIGIN}/auth/logout`, { method: 'POST', headers: { Cookie, Origin: ORIGIN } }, env)
    await vi.waitFor(() => expect(logs.lines()).toHaveLength(3))
    env = before
    expect(logs.text()).toContain('"/auth/profile"')
    expect(logs.text()).not.toMatch(/canary|alice|eyJ|sealgate-session/)
  })
})
