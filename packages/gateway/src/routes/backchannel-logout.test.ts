/** OpenID Connect Back-Channel Logout 1.0, clause by clause, with real Durable Objects. */
import { env as bindings } from 'cloudflare:workers'
import { base64url, generateKeyPair, UnsecuredJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Login } from '../auth0/client-types.ts'
import type { ObjectNamespace } from '../config/session.ts'
import { CookieStore } from '../session/cookie-store.ts'
import { DurableStore } from '../session/durable-object-store.ts'
import { CookieEncryption } from '../session/encryption.ts'
import {
  catchLogs,
  countingLimiter,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  ISSUER,
  memoryKv,
  newSlot,
  recordingService,
  type TokenOptions,
} from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const { SESSIONS } = bindings as unknown as { SESSIONS: ObjectNamespace }
const SECRET = new Uint8Array(32).fill(9)
const ORIGIN = 'https://app.test'
const PATH = '/auth/backchannel-logout'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const encryption = new CookieEncryption([SECRET])
const now = (): number => Math.floor(Date.now() / 1000)
const logs = catchLogs()
const service = recordingService()

let auth0: FakeAuth0
let env: Record<string, unknown>
/** Paths of Auth0 that were requested, but its keys. */
let sent: string[]
/** A user of each test's own: what one ends is none of another's. */
let alice: string
let tests = 0

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
  alice = `auth0|alice-${++tests}`
  service.received.length = 0
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.endsWith('/jwks.json')) return auth0.fetch(input, init)
    sent.push(new URL(url).pathname)
    return Promise.resolve(new Response(null, { status: 200 }))
  })
})

type Claims = Readonly<Record<string, unknown>>

/** A logout token of alice, changed as given; a claim that is `undefined` is left out. */
function logoutToken(changed: Claims = {}, how: TokenOptions = {}): Promise<string> {
  const noAccess = { azp: undefined, scope: undefined, permissions: undefined, email: undefined }
  const claims = {
    ...noAccess,
    aud: 'web',
    sub: alice,
    iat: now(),
    exp: now() + 120,
    jti: crypto.randomUUID(),
    events: { [EVENT]: {} },
    ...changed,
  }
  return auth0.token(claims, { ...how, header: { typ: 'logout+jwt', ...how.header } })
}

async function logout(token: string | Claims | Promise<string>, on = env): Promise<Response> {
  const logout_token =
    typeof token === 'string' || token instanceof Promise ? await token : await logoutToken(token)
  return app.request(`${ORIGIN}${PATH}`, { method: 'POST', body: new URLSearchParams({ logout_token }) }, on)
}

/** What a browser that logged in sends. */
async function logIn(
  claims: Claims = {},
  store: DurableStore | CookieStore = new DurableStore(SESSIONS, encryption, () => Date.now() / 1000),
): Promise<string> {
  const login: Login = {
    claims: { sub: alice, iat: now() - 5, ...claims },
    accessToken: await auth0.token({ sub: claims.sub ?? alice }),
    expiresAt: now() + 3600,
    refreshToken: 'refresh-token-canary',
    authTime: now() - 10,
  }
  return `__Host-sealgate-session=${(await store.create(login)).value}`
}

async function isLoggedIn(cookie: string, on = env): Promise<boolean> {
  const { status } = await app.request(`${ORIGIN}/auth/profile`, { headers: { Cookie: cookie } }, on)
  if (status !== 200 && status !== 401) throw new Error(`status ${status}`)
  return status === 200
}

describe('a logout token (§2.7)', () => {
  it('with a sid and a sub ends the sessions of that sid, with their refresh tokens, and no others', async () => {
    const [here, there] = [await logIn({ sid: 's1' }), await logIn({ sid: 's2' })]
    const response = await logout({ sid: 's1' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect([await isLoggedIn(here), await isLoggedIn(there)]).toEqual([false, true])
    await vi.waitFor(() => expect(sent).toEqual(['/oauth/revoke']))
  })

  it('with a sub alone ends all sessions of that user, and nobody else’s', async () => {
    const mine = [await logIn({ sid: 's1' }), await logIn({ sid: 's2' }), await logIn()]
    const others = await logIn({ sub: 'auth0|bob', sid: 's3' })
    expect((await logout({})).status).toBe(200)
    expect(await Promise.all(mine.map((one) => isLoggedIn(one)))).toEqual([false, false, false])
    expect(await isLoggedIn(others)).toBe(true)
  })

  it('with a sid alone ends its sessions', async () => {
    const sid = `alone-${tests}`
    const [here, there] = [await logIn({ sid }), await logIn({ sid: 's2' })]
    expect((await logout({ sub: undefined, sid })).status).toBe(200)
    expect([await isLoggedIn(here), await isLoggedIn(there)]).toEqual([false, true])
  })

  it('with the sid of another user’s session ends nothing: sub and sid must both be its', async () => {
    const bobs = await logIn({ sub: 'auth0|bob', sid: 's1' })
    expect((await logout({ sid: 's1' })).status).toBe(200)
    expect(await isLoggedIn(bobs)).toBe(true)
  })

  it('ends a session whose ID token named no sid by its user', async () => {
    const here = await logIn()
    expect((await logout({ sid: 's1' })).status).toBe(200)
    expect(await isLoggedIn(here)).toBe(false)
  })

  it('of which no session is known is a success (§2.8)', async () => {
    expect((await logout({ sid: 'never-seen' })).status).toBe(200)
  })

  it('leaves a login that came after it alone', async () => {
    const token = await logoutToken({ iat: now() - 60 })
    const here = await logIn({ iat: now() - 5 })
    expect((await logout(token)).status).toBe(200)
    expect(await isLoggedIn(here)).toBe(true)
  })

  it('rejects the login that it overtook', async () => {
    expect((await logout({ sid: 's1' })).status).toBe(200)
    await expect(logIn({ sid: 's1' })).rejects.toMatchObject({ code: 'login_failed' })
    await expect(logIn({ sid: 's2' })).resolves.toBeTypeOf('string')
  })

  it('is told in the log with its user’s hash and how many ended, never by name', async () => {
    await logIn({ sid: 'sid-canary' })
    await logs.of(await logout({ sid: 'sid-canary' }))
    expect(logs.lines()).toContainEqual(
      expect.objectContaining({ event: 'provider_logout', level: 'info', detail: 'one sid: 1 ended' }),
    )
    expect(logs.text()).not.toMatch(/alice|sid-canary/)
  })
})

describe('validation (§2.6)', () => {
  const events = (value: unknown): Claims => ({ events: value })
  const changes: readonly [what: string, claims: Claims, reason: string][] = [
    ['another issuer', { iss: 'https://evil.test/' }, 'wrong_issuer'],
    ['an issuer without its slash', { iss: ISSUER.slice(0, -1) }, 'wrong_issuer'],
    ['another client', { aud: 'm2m' }, 'wrong_audience'],
    ['several others', { aud: ['m2m', 'spa'] }, 'wrong_audience'],
    ['no aud', { aud: undefined }, 'wrong_audience'],
    ['no iat', { iat: undefined }, 'no_times'],
    ['no exp', { exp: undefined }, 'no_times'],
    ['an exp that is text', { exp: String(now() + 60) }, 'no_times'],
    ['an end that has passed', { iat: now() - 300, exp: now() - 61 }, 'expired'],
    ['a time that is to come', { iat: now() + 120, exp: now() + 240 }, 'issued_in_future'],
    ['a life of over an hour', { exp: now() + 3700 }, 'lives_too_long'],
    ['no jti', { jti: undefined }, 'no_jti'],
    ['an empty jti', { jti: '' }, 'no_jti'],
    ['a jti of 257 characters', { jti: 'j'.repeat(257) }, 'no_jti'],
    ['neither sub nor sid', { sub: undefined }, 'no_sub_or_sid'],
    ['an empty sub', { sub: '' }, 'no_sub_or_sid'],
    ['a sid that is a number', { sid: 7 }, 'no_sub_or_sid'],
    ['a party of another issuer', { sub: 'https://idp-b.test#alice' }, 'wrong_subject'],
    ['no events', events(undefined), 'no_logout_event'],
    ['events of another kind', events({ 'http://schemas.openid.net/event/other': {} }), 'no_logout_event'],
    ['events that are a list', events([EVENT]), 'no_logout_event'],
    ['an event that is text', events({ [EVENT]: 'yes' }), 'no_logout_event'],
    ['a nonce', { nonce: 'n' }, 'has_nonce'],
    ['a nonce of null', { nonce: null }, 'has_nonce'],
  ]

  /** The reason that the log has of a rejection. The session is still there. */
  async function reasonOf(token: Promise<string>): Promise<unknown> {
    const here = await logIn()
    const response = await logout(token)
    await expectError(response, 400, 'invalid_request')
    expect(await isLoggedIn(here)).toBe(true)
    const [line] = await logs.of(response)
    expect(line).toMatchObject({ event: 'request', reason: 'invalid_logout_token' })
    return (line as { detail?: unknown }).detail
  }

  it.each(changes)('rejects one with %s', async (_, claims, reason) => {
    expect(await reasonOf(logoutToken(claims))).toBe(reason)
  })

  it('accepts several audiences of which one is the client', async () => {
    expect((await logout({ aud: ['other', 'web'] })).status).toBe(200)
  })

  it.each([['logout+jwt'], ['application/logout+jwt'], ['JWT'], ['jwt']])('accepts typ %s', async (typ) => {
    expect((await logout(logoutToken({}, { header: { typ } }))).status).toBe(200)
  })

  it.each([['at+jwt'], ['secevent+jwt'], ['dpop+jwt']])('rejects typ %s', async (typ) => {
    expect(await reasonOf(logoutToken({}, { header: { typ } }))).toBe('wrong_type')
  })

  it('rejects an ID token', async () => {
    const idToken = { nonce: 'n', events: undefined, sid: 's1' }
    expect(await reasonOf(logoutToken(idToken, { header: { typ: 'JWT' } }))).toBe('no_logout_event')
  })

  it('rejects alg none', async () => {
    const claims = { iss: ISSUER, aud: 'web', sub: alice, iat: now(), exp: now() + 60, jti: 'j' }
    const token = new UnsecuredJWT({ ...claims, events: { [EVENT]: {} } }).encode()
    expect(await reasonOf(Promise.resolve(token))).toBe('unsupported_alg')
  })

  it('rejects an algorithm that the provider does not sign with', async () => {
    const { privateKey } = await generateKeyPair('PS256')
    expect(await reasonOf(logoutToken({}, { alg: 'PS256', key: privateKey }))).toBe('unsupported_alg')
  })

  it('rejects a key that is not the provider’s under the name of one that is', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    expect(await reasonOf(logoutToken({}, { key: privateKey }))).toBe('bad_signature')
  })

  it('rejects one that is used again, and ends nothing by it', async () => {
    const token = await logoutToken()
    expect((await logout(token)).status).toBe(200)
    const later = await logIn({ iat: now() + 1 })
    const again = await logout(token)
    await expectError(again, 400, 'invalid_request')
    expect(await logs.of(again)).toMatchObject([{ reason: 'invalid_logout_token', detail: 'used' }])
    expect(await isLoggedIn(later)).toBe(true)
  })

  it('counts one anew whose logout failed: the provider may send it again', async () => {
    const here = await logIn()
    const token = await logoutToken()
    const broken: ObjectNamespace = { idFromName: (name) => name, get: () => ({}) }
    await expectError(await logout(token, { ...env, SESSIONS: broken }), 503, 'temporarily_unavailable')
    expect((await logout(token)).status).toBe(200)
    expect(await isLoggedIn(here)).toBe(false)
  })
})

describe('the request (§2.5)', () => {
  const post = async (init: RequestInit, on = env): Promise<Response> =>
    app.request(`${ORIGIN}${PATH}`, { method: 'POST', ...init }, on)

  it('is a POST', async () => {
    const response = await app.request(`${ORIGIN}${PATH}`, {}, env)
    await expectError(response, 405, 'method_not_allowed')
    expect(response.headers.get('Allow')).toBe('POST')
  })

  it('carries the token in its body: one in the query counts for nothing', async () => {
    const query = new URLSearchParams({ logout_token: await logoutToken() }).toString()
    const response = await app.request(
      `${ORIGIN}${PATH}?${query}`,
      { method: 'POST', body: new URLSearchParams() },
      env,
    )
    expect(await expectError(response, 400, 'invalid_request')).toBe('The parameter logout_token is missing')
  })

  it('may carry values that are not understood', async () => {
    const body = new URLSearchParams({ logout_token: await logoutToken(), more: 'x' })
    expect((await post({ body })).status).toBe(200)
  })

  it('carries one token', async () => {
    const token = await logoutToken()
    const body = new URLSearchParams([
      ['logout_token', token],
      ['logout_token', token],
    ])
    expect(await expectError(await post({ body }), 400, 'invalid_request')).toBe('A parameter is repeated')
  })

  it('is bounded', async () => {
    const body = new URLSearchParams({ logout_token: 'x'.repeat(66_000) })
    await expectError(await post({ body }), 413, 'invalid_request')
  })

  it('is counted by the limiter of clients before anything is verified', async () => {
    const limiter = countingLimiter(1)
    const on = { ...env, RATE_LIMITER_CLIENTS: limiter }
    const headers = { 'X-Real-IP': '203.0.113.9' }
    const send = (): Promise<Response> =>
      post({ headers, body: new URLSearchParams({ logout_token: 'x' }) }, on)
    await expectError(await send(), 400, 'invalid_request')
    await expectError(await send(), 429, 'too_many_requests')
    expect(limiter.keys).toEqual(['ip:203.0.113.9', 'ip:203.0.113.9'])
  })

  it('of a page of another site is rejected', async () => {
    const headers = { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }
    const body = new URLSearchParams({ logout_token: await logoutToken() })
    await expectError(await post({ headers, body }), 403, 'csrf')
  })

  it('is 503 with Retry-After while the provider’s keys cannot be had, and counts afterwards', async () => {
    const token = await logoutToken()
    auth0.respond(() => new Response('down', { status: 500 }))
    const fresh = { ...env }
    const response = await logout(token, fresh)
    auth0.respond()
    await expectError(response, 503, 'auth0_unavailable')
    expect(response.headers.get('Retry-After')).not.toBeNull()
    expect((await logout(token)).status).toBe(200)
  })
})

describe('with a deny-list', () => {
  it('a logout of a user revokes what goes back to a login from before, and one of a sid does not', async () => {
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const token = await auth0.token({ sub: alice, auth_time: now() - 10 })
    const call = (): Promise<Response> =>
      Promise.resolve(app.request(`${ORIGIN}/api/x`, { headers: { Authorization: `Bearer ${token}` } }, on))
    expect((await logout({ sid: 's1' }, on)).status).toBe(200)
    expect((await call()).status).toBe(200)
    expect((await logout({}, on)).status).toBe(200)
    await expectError(await call(), 401, 'invalid_token')
  })

  it('another isolate rejects a token that was used here', async () => {
    const kv = memoryKv()
    const isolate = (): Record<string, unknown> => ({ ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv })
    const token = await logoutToken({ sid: 's1' })
    expect((await logout(token, isolate())).status).toBe(200)
    await vi.waitFor(() => expect(kv.entries.size).toBe(1))
    const again = await logout(token, isolate())
    await expectError(again, 400, 'invalid_request')
  })

  it('a logout of a user ends a login from before it came, and one of a sid leaves what came after its token', async () => {
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const here = await logIn({ sid: 's1', iat: now() - 5 })
    const iat = now() - 60
    expect((await logout({ sid: 's1', iat }, on)).status).toBe(200)
    expect(await isLoggedIn(here, on)).toBe(true)
    expect((await logout({ iat }, on)).status).toBe(200)
    expect(await isLoggedIn(here, on)).toBe(false)
  })

  it('a token that was used is known for as long as it lives, however short tokens live here', async () => {
    const kv = memoryKv()
    const on = { ...env, JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: kv, JWT_MAX_TTL_SECONDS: '300' }
    expect((await logout({ sid: 's1', exp: now() + 3500 }, on)).status).toBe(200)
    await vi.waitFor(() => expect(kv.entries.size).toBe(1))
    expect(kv.ttl).toBeGreaterThanOrEqual(3500)
  })
})

describe('with sessions in cookies', () => {
  const userinfo = { userinfo: () => Promise.reject(new Error('not requested')) }
  const store = (): CookieStore => new CookieStore(userinfo, encryption, () => Date.now() / 1000)
  const inCookies = (): Record<string, unknown> => ({ ...env, SESSION_STORE: 'cookie' })

  it('and a deny-list, a sid ends its sessions and no others', async () => {
    const on = { ...inCookies(), JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const [here, there] = [await logIn({ sid: 's1' }, store()), await logIn({ sid: 's2' }, store())]
    expect((await logout({ sid: 's1' }, on)).status).toBe(200)
    expect([await isLoggedIn(here, on), await isLoggedIn(there, on)]).toEqual([false, true])
  })

  it('and a deny-list, a sub ends all sessions of the user', async () => {
    const on = { ...inCookies(), JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const [here, there] = [await logIn({ sid: 's1' }, store()), await logIn({ sid: 's2' }, store())]
    expect((await logout({}, on)).status).toBe(200)
    expect([await isLoggedIn(here, on), await isLoggedIn(there, on)]).toEqual([false, false])
  })

  it('and no deny-list, it says that it can end nothing', async () => {
    const on = inCookies()
    const here = await logIn({ sid: 's1' }, store())
    const response = await logout({ sid: 's1' }, on)
    await expectError(response, 400, 'invalid_request')
    expect(await logs.of(response)).toMatchObject([{ reason: 'logout_impossible' }])
    expect(await isLoggedIn(here, on)).toBe(true)
  })
})

it('is not there without logins', async () => {
  const off = { ...env, AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }
  await expectError(await logout('x', off), 404, 'not_found')
})
