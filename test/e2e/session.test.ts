import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoUsers, type TenantUser } from 'sealgate/internal'
import { Browser, errorOf, ORIGIN, SESSION, startWithLogins, withCookie } from '../support/browser.ts'
import type { System } from '../support/system.ts'

const { alice, bob } = demoUsers

let system: System

beforeAll(async () => {
  system = await startWithLogins()
})
afterAll(() => system.close())
beforeEach(() => system.tenant.control.reset())

async function loggedIn(user: TenantUser = alice): Promise<Browser> {
  const browser = new Browser(system)
  const response = await browser.logIn(user)
  expect(response.status).toBe(303)
  return browser
}

describe('a session', () => {
  it('is kept by a cookie of this host alone, for seven days', async () => {
    const browser = new Browser(system)
    const response = await browser.logIn(alice)
    const [cookie] = response.headers.getSetCookie().filter((one) => one.startsWith(SESSION))
    expect(cookie).toMatch(/^sealgate-session=[\w.-]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('never has an identity that was there before the login (fixation), and ends the one before', async () => {
    const browser = await loggedIn(alice)
    const before = browser.cookie(SESSION)
    expect((await withCookie(system, '/auth/profile', SESSION, before)).status).toBe(200)
    await browser.logIn(alice)
    expect(browser.cookie(SESSION)).not.toBe(before)
    expect(await errorOf(await withCookie(system, '/auth/profile', SESSION, before))).toEqual([
      401,
      'unauthorized',
      'gateway',
    ])
    expect((await browser.get('/auth/profile')).status).toBe(200)
  })

  it('is its user’s alone', async () => {
    const [hers, his] = [new Browser(system), new Browser(system)]
    const [herCallback, hisCallback] = [await hers.begin(alice), await his.begin(bob)]
    await Promise.all([hers.get(herCallback), his.get(hisCallback)])
    const subjects = await Promise.all(
      [hers, his, hers, his].map(async (browser) => {
        const response = await browser.get('/auth/profile')
        return ((await response.json()) as { sub: string }).sub
      }),
    )
    expect(subjects).toEqual([alice.sub, bob.sub, alice.sub, bob.sub])
  })

  it('shows a second user of the same browser nothing of the first one', async () => {
    const browser = await loggedIn(alice)
    const paths = ['/auth/profile', '/auth/profile?fresh=1', '/api/whoami']
    const subjects = async (): Promise<unknown[]> =>
      Promise.all(
        paths.map(async (path) => ((await (await browser.get(path)).json()) as { sub: unknown }).sub),
      )
    expect(await subjects()).toEqual([alice.sub, alice.sub, alice.sub])
    await browser.post('/auth/logout')
    const nobody = (await (await browser.get('/api/whoami')).json()) as { sub: string }
    expect(nobody.sub).toMatch(/^anon:/)
    await browser.logInAs(bob)
    expect(await subjects()).toEqual([bob.sub, bob.sub, bob.sub])
    // Nor does a change of user without a logout mix them.
    await browser.logInAs(alice)
    expect(await subjects()).toEqual([alice.sub, alice.sub, alice.sub])
  })

  it('is not mixed with others whose requests come at the same time', async () => {
    const [hers, his] = [await loggedIn(alice), await loggedIn(bob)]
    const tokens = { [alice.sub]: await system.login(alice), [bob.sub]: await system.login(bob) }
    const seen = await Promise.all(
      Array.from({ length: 60 }, async (_, index): Promise<readonly unknown[]> => {
        const [user, browser] = index % 2 === 0 ? [alice, hers] : [bob, his]
        const bySession = index % 4 < 2
        const response = bySession
          ? await browser.get('/api/whoami')
          : await system.gateway('/api/whoami', { headers: { Authorization: `Bearer ${tokens[user.sub]}` } })
        return [user.sub, ((await response.json()) as { sub: unknown }).sub]
      }),
    )
    expect(seen.filter(([expected, got]) => expected !== got)).toEqual([])
  })

  it('does not come of a cookie that was made up, changed, cut or meant for something else', async () => {
    const browser = await loggedIn()
    const cookie = browser.cookie(SESSION)
    const parts = cookie.split('.')
    await browser.get('/auth/login')
    const changed = [...parts]
    changed[3] = (changed[3] ?? '').replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
    const forged = ['x', randomBytes(32).toString('base64url'), cookie.slice(0, -4), changed.join('.')]
    for (const value of [...forged, browser.login[1], `${cookie}; ${SESSION}=${cookie}`]) {
      const response = await withCookie(system, '/auth/profile', SESSION, value)
      expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
      expect(await errorOf(response)).toEqual([401, 'unauthorized', 'gateway'])
    }
    const [name] = browser.login
    expect((await withCookie(system, '/auth/callback?code=a&state=b', name, cookie)).status).toBe(400)
    expect((await withCookie(system, '/auth/profile', SESSION, cookie)).status).toBe(200)
  })

  it('asks Auth0 about its user when it must, and not again at once', async () => {
    const browser = await loggedIn()
    for (const path of ['/auth/profile', '/auth/profile?fresh=1', '/auth/profile?fresh=1']) {
      expect(await (await browser.get(path)).json()).toMatchObject({ sub: alice.sub, email: alice.email })
    }
    expect(system.tenant.control.requests('/userinfo')).toBe(1)
  })
})

describe('a refresh', () => {
  it('of ten pages at once is one at Auth0', async () => {
    const browser = await loggedIn()
    const before = system.tenant.control.requests('/oauth/token')
    const answers = await Promise.all(Array.from({ length: 10 }, () => browser.post('/auth/refresh')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(system.tenant.control.requests('/oauth/token') - before).toBe(1)
    const { expires_in: expiresIn } = (await answers[0]?.json()) as { expires_in: number }
    expect(expiresIn).toBeGreaterThan(3600)
    expect((await browser.get('/api/secure')).status).toBe(200)
  })

  it('tells the browser no token', async () => {
    const browser = await loggedIn()
    const response = await browser.post('/auth/refresh')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(Object.keys((await response.json()) as object)).toEqual(['expires_in'])
  })

  it('that Auth0 rejects ends the session', async () => {
    const browser = new Browser(system)
    const path = await browser.begin(alice)
    const copy = browser.login
    await browser.get(path)
    // A code that is used twice ends all that came of it (RFC 6749 §4.1.2).
    await withCookie(system, path, ...copy)
    const response = await browser.post('/auth/refresh')
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(await errorOf(response)).toEqual([401, 'session_expired', 'gateway'])
    expect(await errorOf(await browser.get('/auth/profile'))).toEqual([401, 'unauthorized', 'gateway'])
  })

  it('needs a session', async () => {
    expect(await errorOf(await new Browser(system).post('/auth/refresh'))).toEqual([
      401,
      'unauthorized',
      'gateway',
    ])
  })
})

describe('a logout', () => {
  it('ends the session here, its refresh token, and the one with Auth0', async () => {
    const browser = await loggedIn()
    const cookie = browser.cookie(SESSION)
    const response = await browser.post('/auth/logout')
    expect(response.status).toBe(303)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const target = new URL(response.headers.get('Location') ?? '')
    expect(`${target.origin}${target.pathname}`).toBe(`${system.tenant.baseUrl}/v2/logout`)
    const back = await fetch(target, { redirect: 'manual' })
    expect(back.headers.get('Location')).toBe(`${ORIGIN}/`)
    expect(browser.cookies.has(SESSION)).toBe(false)
    expect((await withCookie(system, '/auth/profile', SESSION, cookie)).status).toBe(401)
    expect((await withCookie(system, '/api/secure', SESSION, cookie)).status).toBe(401)
    await expect.poll(() => system.tenant.control.requests('/oauth/revoke')).toBe(1)
  })

  it('works while Auth0 is down', async () => {
    const browser = await loggedIn()
    const cookie = browser.cookie(SESSION)
    system.tenant.control.down()
    expect((await browser.post('/auth/logout')).status).toBe(303)
    expect((await withCookie(system, '/auth/profile', SESSION, cookie)).status).toBe(401)
  })

  it('is no link', async () => {
    const browser = await loggedIn()
    expect((await browser.get('/auth/logout')).status).toBe(405)
    expect((await browser.get('/auth/profile')).status).toBe(200)
  })
})

describe('a page of another site', () => {
  it.each<[string, Record<string, string>]>([
    ['names its origin', { Origin: 'https://evil.test' }],
    ['has another port', { Origin: 'http://127.0.0.1:8786' }],
    ['is of no origin', { Origin: 'null' }],
    [
      'says that it is ours, and names its origin',
      { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['says nothing', {}],
    ['is of the same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['came by itself', { 'Sec-Fetch-Site': 'none' }],
  ])('that %s acts for nobody', async (_, headers) => {
    const browser = await loggedIn()
    for (const path of ['/auth/logout', '/auth/refresh', '/api/reports']) {
      expect(await errorOf(await browser.post(path, headers)), path).toEqual([403, 'csrf', 'gateway'])
    }
    expect(await errorOf(await browser.get('/api/reports', { ...headers, Upgrade: 'websocket' }))).toEqual([
      403,
      'csrf',
      'gateway',
    ])
    expect((await browser.get('/auth/profile')).status, 'the session goes on').toBe(200)
  })

  it('of ours may leave its origin out when the browser says that it is ours', async () => {
    const browser = await loggedIn()
    expect((await browser.post('/auth/refresh', { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
  })
})

describe('a request to a service', () => {
  it('goes in the name of the session, and its response is kept by nobody', async () => {
    const browser = await loggedIn()
    const response = await browser.get('/api/reports')
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toMatch(/no-store/)
    expect(await response.json()).toMatchObject({ for: alice.sub })
  })

  it('goes by its Authorization alone when it has one, good or bad', async () => {
    const browser = await loggedIn()
    const bad = await browser.get('/api/reports', { Authorization: 'Bearer nonsense' })
    expect(await errorOf(bad)).toEqual([401, 'invalid_token', 'gateway'])
    const other = await browser.get('/api/whoami', { Authorization: `Bearer ${await system.login(bob)}` })
    expect(await other.json()).toMatchObject({ sub: bob.sub })
    const basic = await browser.get('/api/reports', { Authorization: 'Basic YTpi' })
    expect((await errorOf(basic)).slice(0, 2)).toEqual([401, 'unauthorized'])
  })

  it('may change things from a page of ours', async () => {
    const browser = await loggedIn()
    const status = (await browser.post('/api/nothing')).status
    expect(status).toBe(404)
  })
})

describe('while Auth0 fails', () => {
  it.each<[string, (path: string) => void, number]>([
    ['responds with 500', (path) => system.tenant.control.down(500, path), 502],
    ['responds with 503', (path) => system.tenant.control.down(503, path), 502],
    ['has had enough of us', (path) => system.tenant.control.down(429, path), 503],
    ['answers with a page', (path) => system.tenant.control.html(200, path), 502],
    // Between Worker and network stands the harness, and responds with 502 for a connection that is lost.
    ['hangs up', (path) => system.tenant.control.hangUp(path), 502],
    ['takes longer than 5 s', (path) => system.tenant.control.slow(20_000, path), 503],
  ])('(%s) its fault is told, and no session is lost', async (_, fail, status) => {
    const browser = await loggedIn()
    const other = new Browser(system)
    const callback = await other.begin(alice)
    fail('/oauth/token')
    const [refreshed, calledBack] = await Promise.all([browser.post('/auth/refresh'), other.get(callback)])
    for (const response of [refreshed, calledBack]) {
      expect(response.headers.get('Retry-After')).toMatch(/^\d+$/)
      expect(await errorOf(response)).toEqual([status, 'auth0_unavailable', 'auth0'])
    }
    expect(other.cookies.size).toBe(0)
    system.tenant.control.reset()
    expect((await browser.get('/auth/profile')).status).toBe(200)
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })

  it('and its response breaks off, the new refresh token is lost: the old one ends the session', async () => {
    const browser = await loggedIn()
    system.tenant.control.truncated('/oauth/token')
    expect(await errorOf(await browser.post('/auth/refresh'))).toEqual([502, 'auth0_unavailable', 'auth0'])
    system.tenant.control.reset()
    expect((await browser.get('/api/reports')).status, 'the access token lives on').toBe(200)
    expect(await errorOf(await browser.post('/auth/refresh'))).toEqual([401, 'session_expired', 'gateway'])
  })
})
