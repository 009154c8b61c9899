/** The mock IdP tells the gateway that a session is over (OpenID Connect Back-Channel Logout 1.0), over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers, type TenantUser } from 'sealgate/internal'
import { Browser } from '../support/browser.ts'
import { type Pages, startPages } from '../support/pages/start.ts'

const { alice, bob } = demoUsers
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

let pages: Pages

beforeAll(async () => {
  pages = await startPages()
})
afterAll(() => pages.close())

/** The gateway as a browser sees it. */
const gateway = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(path, pages.origin), { ...init, redirect: 'manual' })

async function loggedIn(user: TenantUser): Promise<Browser> {
  const browser = new Browser({ tenant: pages.tenant, gateway })
  expect((await browser.logIn(user)).status).toBe(303)
  expect(await isLoggedIn(browser)).toBe(true)
  return browser
}

async function isLoggedIn(browser: Browser): Promise<boolean> {
  return (await browser.get('/auth/profile')).status === 200
}

describe('a logout at the identity provider', () => {
  it('ends the session of that browser here, and no other of its user', async () => {
    const [here, elsewhere] = [await loggedIn(alice), await loggedIn(alice)]
    expect((await here.logOutAtTenant()).status).toBe(200)
    expect([await isLoggedIn(here), await isLoggedIn(elsewhere)]).toEqual([false, true])
  })

  it('leaves a new login of the same browser alone', async () => {
    const browser = await loggedIn(alice)
    await browser.logOutAtTenant()
    expect((await browser.logIn(alice)).status).toBe(303)
    expect(await isLoggedIn(browser)).toBe(true)
  })

  it('of a user as a whole ends all of their sessions, and nobody else’s', async () => {
    const [one, other, bobs] = [await loggedIn(alice), await loggedIn(alice), await loggedIn(bob)]
    const now = Math.floor(Date.now() / 1000)
    const token = pages.tenant.control.issue(
      { aud: 'sealgate-web', sub: alice.sub, iat: now, exp: now + 120, jti: 'all', events: { [EVENT]: {} } },
      { typ: 'logout+jwt' },
    )
    const send = (): Promise<Response> =>
      gateway('/auth/backchannel-logout', {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    expect((await send()).status).toBe(200)
    expect([await isLoggedIn(one), await isLoggedIn(other), await isLoggedIn(bobs)]).toEqual([
      false,
      false,
      true,
    ])
    expect((await send()).status).toBe(400)
  })
})
