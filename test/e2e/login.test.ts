import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoClients, demoUsers } from 'sealgate/internal'
import { Browser, errorOf, LOGIN, ORIGIN, SESSION, startWithLogins, withCookie } from '../support/browser.ts'
import type { System } from '../support/system.ts'

const { alice, bob, mallory } = demoUsers
const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let system: System

beforeAll(async () => {
  system = await startWithLogins()
})
afterAll(() => system.close())
beforeEach(() => system.tenant.control.reset())

describe('a login', () => {
  it('ends where it was asked to, with a session', async () => {
    const browser = new Browser(system)
    const response = await browser.logIn(alice, '/app/reports?year=2026')
    expect(response.status).toBe(303)
    expect(response.headers.get('Location')).toBe(`${ORIGIN}/app/reports?year=2026`)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer')
    const profile = await browser.get('/auth/profile')
    expect(profile.headers.get('Cache-Control')).toBe('no-store')
    const claims = (await profile.json()) as Record<string, unknown>
    expect(claims).toMatchObject({ sub: alice.sub, email: alice.email, name: alice.name })
    for (const name of ['nonce', 'aud', 'exp', 'sid']) expect(claims).not.toHaveProperty(name)
  })

  it('asks Auth0 with PKCE, state and nonce, and keeps their secrets sealed', async () => {
    const browser = new Browser(system)
    const response = await browser.get('/auth/login')
    const authorize = new URL(response.headers.get('Location') ?? '')
    expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: demoClients.web.clientId,
      redirect_uri: `${ORIGIN}/auth/callback`,
      scope: 'openid profile email offline_access',
      audience: system.tenant.audience,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      state: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
    const [cookie = ''] = response.headers.getSetCookie()
    // On loopback http, so without Secure and its prefix.
    expect(cookie).toMatch(/^sealgate-login=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
    const [header = ''] = browser.cookie(LOGIN).split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      typ: 'sealgate-login',
    })
  })

  it('gets new secrets each time', async () => {
    const locations = await Promise.all(
      [1, 2].map(async () => (await new Browser(system).get('/auth/login')).headers.get('Location') ?? ''),
    )
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const [one, other] = locations.map((location) => new URL(location).searchParams.get(name))
      expect(one).not.toBe(other)
    }
  })

  it.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '/%5cevil.test',
    '/%2f/evil.test',
    '/.//evil.test',
    '/..//evil.test',
    '/\tevil.test',
    '/%09/evil.test',
    '/a\r\nSet-Cookie: a=b',
    'javascript:alert(1)',
    'app',
    '',
    '/auth/login',
  ])('never ends at %j', async (returnTo) => {
    const path = `/auth/login?returnTo=${encodeURIComponent(returnTo)}`
    const response = await system.gateway(path)
    expect(response.headers.get('Location')).toBeNull()
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await errorOf(response)).toEqual([400, 'invalid_request', 'gateway'])
  })

  it('that names two places to end at is rejected', async () => {
    const response = await system.gateway('/auth/login?returnTo=/a&returnTo=/b')
    expect(await errorOf(response)).toEqual([400, 'invalid_request', 'gateway'])
  })
})

describe('a callback', () => {
  /** Opens a callback that is changed on the way, and expects that nobody is logged in by it. */
  async function rejected(change: (url: URL) => void): Promise<readonly unknown[]> {
    const browser = new Browser(system)
    const url = new URL(await browser.begin(alice), ORIGIN)
    change(url)
    const response = await browser.get(`${url.pathname}${url.search}`)
    expect(browser.cookies.has(SESSION)).toBe(false)
    expect(browser.cookies.has(LOGIN), 'the login is over').toBe(false)
    return errorOf(response)
  }

  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'another')],
    ['no state', (url) => url.searchParams.delete('state')],
    ['two states', (url) => url.searchParams.append('state', 'another')],
    ['another issuer (RFC 9207 §2.4)', (url) => url.searchParams.set('iss', 'https://evil.test/')],
    ['no issuer, though Auth0 announces it', (url) => url.searchParams.delete('iss')],
    ['another code', (url) => url.searchParams.set('code', 'another')],
    ['no code', (url) => url.searchParams.delete('code')],
    ['an error that nobody knows', (url) => url.searchParams.set('error', 'odd')],
  ])('with %s logs nobody in', async (_, change) => {
    expect(await rejected(change)).toEqual([400, 'login_failed', 'gateway'])
  })

  it.each([
    ['access_denied', 403, 'access_denied'],
    ['login_required', 403, 'access_denied'],
    ['server_error', 502, 'auth0_unavailable'],
    ['temporarily_unavailable', 503, 'auth0_unavailable'],
  ])('with the error %s is Auth0’s rejection: %i', async (error, status, code) => {
    const answer = await rejected((url) => {
      url.searchParams.set('error', error)
      url.searchParams.delete('code')
    })
    expect(answer).toEqual([status, code, 'auth0'])
  })

  it('in another browser logs nobody in (login CSRF)', async () => {
    const victim = new Browser(system)
    const response = await victim.get(await new Browser(system).begin(bob))
    expect(victim.cookies.size).toBe(0)
    expect(await errorOf(response)).toEqual([400, 'login_failed', 'gateway'])
  })

  it('of one login does not complete another', async () => {
    const browser = new Browser(system)
    const first = await browser.begin(alice)
    await browser.get('/auth/login')
    expect(await errorOf(await browser.get(first))).toEqual([400, 'login_failed', 'gateway'])
    expect(browser.cookies.has(SESSION)).toBe(false)
  })

  it('serves once', async () => {
    const browser = new Browser(system)
    const path = await browser.begin(alice)
    const copy = browser.cookie(LOGIN)
    expect((await browser.get(path)).status).toBe(303)
    expect(browser.cookies.has(LOGIN), 'the login is over').toBe(false)
    expect(await errorOf(await browser.get(path))).toEqual([400, 'login_failed', 'gateway'])
    const replayed = await withCookie(system, path, LOGIN, copy)
    expect(replayed.headers.getSetCookie().some((cookie) => cookie.startsWith(SESSION))).toBe(false)
    expect(await errorOf(replayed)).toEqual([400, 'login_failed', 'gateway'])
  })

  it('of a user whom Auth0 blocks is told as a page, in words of our own', async () => {
    const browser = new Browser(system)
    const path = await browser.begin(mallory)
    const rejected = await browser.get(path, HTML)
    expect(rejected.status).toBe(403)
    expect(rejected.headers.get('X-Error-Source')).toBe('auth0')
    const reflecting = await browser.get(`${path}&error_description=<script>&x=<script>`, HTML)
    expect(reflecting.status, 'the login is over').toBe(400)
    for (const answer of [rejected, reflecting]) {
      expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none';/)
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      const page = await answer.text()
      expect(page).toContain('<a href="/auth/login">Try again</a>')
      expect(page).not.toMatch(/script|blocked|mallory/i)
    }
  })
})
