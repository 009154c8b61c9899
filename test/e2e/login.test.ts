import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoClients, demoUsers } from 'sealgate/internal'
import { Browser, errorOf, ORIGIN, SESSION, startWithLogins, withCookie } from '../support/browser.ts'
import type { System } from '../support/system.ts'

const { alice, bob, mallory } = demoUsers
const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let system: System

beforeAll(async () => {
  system = await startWithLogins({ SITE_NAME: '' })
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
      state: expect.stringMatching(/^[\w-]{43}[.][\w.-]+$/) as string,
      max_age: '604800',
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
    const [cookie = ''] = response.headers.getSetCookie()
    // On loopback http, so without Secure and its prefix.
    expect(cookie).toMatch(/^sealgate-login-[\w-]{22}=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
    const [, sealed] = browser.login
    const [header = ''] = sealed.split('.')
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
  async function rejected(change: (url: URL) => void, left = 0): Promise<readonly unknown[]> {
    const browser = new Browser(system)
    const url = new URL(await browser.begin(alice), ORIGIN)
    change(url)
    const response = await browser.get(`${url.pathname}${url.search}`)
    expect(browser.cookies.has(SESSION)).toBe(false)
    expect(browser.logins, 'the login is over').toHaveLength(left)
    return errorOf(response)
  }

  it.each<[string, (url: URL) => void]>([
    ['two states', (url) => url.searchParams.append('state', 'another')],
    ['another issuer (RFC 9207 §2.4)', (url) => url.searchParams.set('iss', 'https://evil.test/')],
    ['no issuer, though Auth0 announces it', (url) => url.searchParams.delete('iss')],
    ['another code', (url) => url.searchParams.set('code', 'another')],
    ['no code', (url) => url.searchParams.delete('code')],
    ['an error that nobody knows', (url) => url.searchParams.set('error', 'odd')],
  ])('with %s logs nobody in', async (_, change) => {
    expect(await rejected(change)).toEqual([400, 'login_failed', 'gateway'])
  })

  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'another')],
    ['no state', (url) => url.searchParams.delete('state')],
  ])('with %s logs nobody in, and leaves the login that is under way alone', async (_, change) => {
    expect(await rejected(change, 1)).toEqual([400, 'login_failed', 'gateway'])
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

  it('completes its own login, whatever other tabs begin', async () => {
    const browser = new Browser(system)
    const [first, second] = [
      await browser.begin(alice, '/app/first'),
      await browser.begin(alice, '/app/second'),
    ]
    for (const [path, end] of [
      [first, '/app/first'],
      [second, '/app/second'],
    ] as const) {
      const response = await browser.get(path)
      expect([response.status, response.headers.get('Location')]).toEqual([303, `${ORIGIN}${end}`])
    }
    expect(browser.logins).toEqual([])
    expect((await browser.get('/auth/profile')).status).toBe(200)
  })

  it('of the oldest of five logins finds it gone', async () => {
    const browser = new Browser(system)
    const first = await browser.begin(alice)
    for (let tab = 0; tab < 4; tab++) await browser.get('/auth/login')
    expect(browser.logins).toHaveLength(4)
    expect(await errorOf(await browser.get(first))).toEqual([400, 'login_failed', 'gateway'])
  })

  it('serves once', async () => {
    const browser = new Browser(system)
    const path = await browser.begin(alice)
    const copy = browser.login
    expect((await browser.get(path)).status).toBe(303)
    expect(browser.logins, 'the login is over').toEqual([])
    const replayed = await withCookie(system, path, ...copy)
    expect(replayed.headers.getSetCookie().some((cookie) => cookie.startsWith(SESSION))).toBe(false)
    expect(await errorOf(replayed)).toEqual([400, 'login_failed', 'gateway'])
  })

  it('that is opened again goes where its login went while there is a session, and else offers a new one', async () => {
    const browser = new Browser(system)
    const path = await browser.begin(alice, '/app/reports?year=2026')
    await browser.get(path)
    const again = await browser.get(path, HTML)
    expect([again.status, again.headers.get('Location')]).toEqual([303, `${ORIGIN}/app/reports?year=2026`])
    expect((await browser.get('/auth/profile')).status, 'the session goes on').toBe(200)
    await browser.post('/auth/logout')
    const page = await (await browser.get(path, HTML)).text()
    expect(page).toContain('<h1>This login is over</h1>')
    expect(page).toContain('href="/auth/login?returnTo=%2Fapp%2Freports%3Fyear%3D2026&#38;tries=1"')
  })

  it('without cookies leads to a new login once, and not in a circle', async () => {
    const noCookies = async (path: string): Promise<string> => {
      const begun = await system.gateway(path)
      const callback = await new Browser(system).goOn(begun, alice)
      return (await system.gateway(callback, { headers: HTML })).text()
    }
    const first = await noCookies('/auth/login?returnTo=/app/')
    const [, link = ''] = /class="button" href="([^"]*)"/.exec(first) ?? []
    expect(link).toBe('/auth/login?returnTo=%2Fapp%2F&#38;tries=1')
    const second = await noCookies(link.replace('&#38;', '&'))
    expect(second).toContain('Please allow cookies for 127.0.0.1:8787')
    expect(second).not.toContain('/auth/login')
  })

  it('of a user whom Auth0 blocks is told as a page, with what Auth0 says', async () => {
    const browser = new Browser(system)
    const rejected = await browser.get(await browser.begin(mallory), HTML)
    expect(rejected.status).toBe(403)
    expect(rejected.headers.get('X-Error-Source')).toBe('auth0')
    expect(rejected.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(rejected.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none';/)
    expect(rejected.headers.get('Cache-Control')).toBe('no-store')
    const page = await rejected.text()
    expect(page).toContain('<h1>Auth0 denied the login</h1>')
    expect(page).toContain('<blockquote>user is blocked</blockquote>')
    expect(page).toContain(`<code>${String(rejected.headers.get('X-Request-Id'))}</code>`)
    expect(page).not.toMatch(/script|mallory/i)
  })

  it('shows nothing that came in its address, but what Auth0 says of a login that is under way here', async () => {
    const said = 'error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E'
    const foreign = await new Browser(system).get(`/auth/callback?state=s&${said}`, HTML)
    expect(await foreign.text()).not.toContain('alert')
    const browser = new Browser(system)
    const state = new URL(await browser.begin(alice), ORIGIN).searchParams.get('state') ?? ''
    const iss = encodeURIComponent(system.tenant.issuer)
    const path = `/auth/callback?state=${encodeURIComponent(state)}&iss=${iss}&${said}`
    const page = await (await browser.get(path, HTML)).text()
    expect(page).toContain('<blockquote>&#60;script&#62;alert(1)&#60;/script&#62;</blockquote>')
  })
})
