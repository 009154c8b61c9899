import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers } from 'sealgate/internal'
import { Browser, errorOf, ORIGIN, SESSION, startWithLogins } from '../support/browser.ts'
import type { System } from '../support/system.ts'

const { alice } = demoUsers
let system: System

beforeAll(async () => {
  system = await startWithLogins({ SESSION_STORE: 'cookie' })
})
afterAll(() => system.close())

async function loggedIn(): Promise<Browser> {
  const browser = new Browser(system)
  expect((await browser.logIn(alice)).status).toBe(303)
  return browser
}

describe('a session in its cookie', () => {
  it('asks Auth0 for no refresh token', async () => {
    const response = await new Browser(system).get('/auth/login')
    const authorize = new URL(response.headers.get('Location') ?? '')
    expect(authorize.searchParams.get('scope')).toBe('openid profile email')
  })

  it('serves as one in a Durable Object does', async () => {
    const browser = await loggedIn()
    expect(await (await browser.get('/auth/profile')).json()).toMatchObject({ sub: alice.sub })
    expect(await (await browser.get('/api/reports')).json()).toMatchObject({ for: alice.sub })
    expect(await errorOf(await browser.post('/api/reports', { Origin: 'https://evil.test' }))).toEqual([
      403,
      'csrf',
      'gateway',
    ])
  })

  it('fits into what browsers keep, and is not to be read there', async () => {
    const cookie = (await loggedIn()).cookie(SESSION)
    expect(cookie.length).toBeLessThanOrEqual(3800)
    const text = cookie.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    expect(text.join()).not.toMatch(/alice|eyJ/)
  })

  it('cannot be refreshed, and says so', async () => {
    const browser = await loggedIn()
    expect(await errorOf(await browser.post('/auth/refresh'))).toEqual([400, 'not_refreshable', 'gateway'])
    expect((await browser.get('/auth/profile')).status).toBe(200)
  })

  it('keeps what Auth0 said about its user', async () => {
    const browser = await loggedIn()
    for (const path of ['/auth/profile?fresh=1', '/auth/profile?fresh=1']) {
      expect(await (await browser.get(path)).json()).toMatchObject({ sub: alice.sub, email: alice.email })
    }
    expect(system.tenant.control.requests('/userinfo')).toBe(1)
  })

  it('is set by its login, and by no response after that, which might come after a logout', async () => {
    const browser = await loggedIn()
    const responses = [
      ...(await Promise.all(
        ['/auth/profile', '/auth/profile?fresh=1', '/api/reports', '/api/whoami', '/dev/token'].map((path) =>
          browser.get(path),
        ),
      )),
      await browser.post('/auth/refresh'),
    ]
    expect(responses.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
  })

  it('asks Auth0 about its user once, however many requests want to know', async () => {
    const browser = await loggedIn()
    system.tenant.control.reset()
    await Promise.all(Array.from({ length: 20 }, () => browser.get('/auth/profile?fresh=1')))
    expect(system.tenant.control.requests('/userinfo')).toBe(1)
  })

  it('ends when its browser forgets it', async () => {
    const browser = await loggedIn()
    const response = await browser.post('/auth/logout')
    expect(response.status).toBe(303)
    const target = new URL(response.headers.get('Location') ?? '')
    expect(target.searchParams.get('returnTo')).toBe(`${ORIGIN}/`)
    expect(browser.cookies.has(SESSION)).toBe(false)
  })
})
