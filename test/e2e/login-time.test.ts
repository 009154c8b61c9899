/** A revocation of a user holds against whatever a login from before still gets, and ends with a new login. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeJwt } from 'jose'
import { demoClients, demoUsers, PASSWORD_REALM, REALM, type TenantUser } from 'sealgate/internal'
import { Browser, errorOf, ORIGIN, startWithLogins } from '../support/browser.ts'
import { bearer, exchangeOf, type System } from '../support/system.ts'

const { alice, bob, carol, dave } = demoUsers

let system: System

beforeAll(async () => {
  system = await startWithLogins()
})
afterAll(() => system.close())
beforeEach(() => system.tenant.control.reset())

const nextSecond = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000) + 10))

/** When the gateway says that the caller logged in: `auth_iat` of the internal token. */
async function loginTime(browser: Browser): Promise<unknown> {
  const { payload } = (await (await browser.get('/api/token')).json()) as { payload: { auth_iat: unknown } }
  return payload.auth_iat
}

describe('the time of a login', () => {
  it('is Auth0’s, and a refresh keeps it', async () => {
    const browser = new Browser(system)
    const from = Math.floor(Date.now() / 1000)
    await browser.logIn(alice)
    const time = await loginTime(browser)
    expect(time).toBeGreaterThanOrEqual(from)
    await nextSecond()
    expect((await browser.post('/auth/refresh')).status).toBe(200)
    expect(await loginTime(browser)).toBe(time)
  })

  it('is that of the session with Auth0, where that lets the user through', async () => {
    const browser = new Browser(system)
    await browser.logIn(alice)
    const time = await loginTime(browser)
    await nextSecond()
    await browser.logIn(alice)
    expect(await loginTime(browser)).toBe(time)
  })
})

describe('a revoked user', () => {
  it('gets nothing by a refresh, and logs in anew: Auth0 lets nobody through by its own session', async () => {
    const browser = new Browser(system)
    await browser.logIn(alice)
    await nextSecond()
    await system.revoke({ sub: alice.sub })
    await nextSecond()
    expect(await errorOf(await browser.post('/auth/refresh'))).toEqual([401, 'session_expired', 'gateway'])
    expect(await errorOf(await browser.get('/api/secure'))).toEqual([401, 'unauthorized', 'gateway'])

    // Auth0's session is from before: it does not do, so the user is sent to log in.
    const again = await browser.get(await browser.begin(alice, '/app/reports'))
    expect(again.status).toBe(302)
    expect((await browser.get('/auth/profile')).status).toBe(401)
    const authorize = new URL(again.headers.get('Location') ?? '')
    expect(authorize.searchParams.get('prompt')).toBe('login')
    const done = await browser.get(await browser.goOn(again, alice))
    expect([done.status, done.headers.get('Location')]).toEqual([303, `${ORIGIN}/app/reports`])
    expect(browser.logins).toEqual([])
    expect((await browser.get('/api/secure')).status).toBe(200)
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })

  it('is sent to log in once, and not in a circle', async () => {
    const browser = new Browser(system)
    await browser.logIn(bob)
    await nextSecond()
    await system.revoke({ sub: bob.sub })
    const again = await browser.get(await browser.begin(bob))
    expect(again.status).toBe(302)
    const forced = await browser.goOn(again, bob)
    // Revoked once more, while they logged in.
    await nextSecond()
    await system.revoke({ sub: bob.sub })
    expect(await errorOf(await browser.get(forced))).toEqual([400, 'login_failed', 'gateway'])
    expect((await browser.get('/auth/profile')).status).toBe(401)
  })

  // The request goes through the user's own browser, which may leave out what the gateway asks for.
  it.each([
    ['max_age', ['max_age']],
    ['max_age and prompt', ['max_age', 'prompt']],
  ])(
    'does not get through by the session with Auth0 when they strip %s from its address',
    async (_, names) => {
      const browser = new Browser(system)
      await browser.logIn(dave)
      await nextSecond()
      await system.revoke({ sub: dave.sub })
      await nextSecond()
      let response = await browser.get('/auth/login')
      for (let tries = 0; tries < 3 && response.status === 302; tries++) {
        const address = new URL(response.headers.get('Location') ?? '')
        for (const name of names) address.searchParams.delete(name)
        const stripped = new Response(null, { status: 302, headers: { Location: address.href } })
        response = await browser.get(await browser.goOn(stripped, dave))
      }
      expect(await errorOf(response)).toEqual([400, 'login_failed', 'gateway'])
      expect((await browser.get('/auth/profile')).status).toBe(401)
    },
  )

  it('gets nothing for what a single-page app got by a refresh', async () => {
    const first = await tokens(carol, { grant_type: PASSWORD_REALM, realm: REALM })
    expect((await system.exchange(exchangeOf(first.access_token))).status).toBe(200)
    await system.revoke({ sub: carol.sub })
    await nextSecond()
    const { access_token: refreshed } = await tokens(carol, {
      grant_type: 'refresh_token',
      refresh_token: first.refresh_token,
    })
    expect(decodeJwt(refreshed).iat).toBeGreaterThan(decodeJwt(first.access_token).iat ?? Infinity)
    expect(await errorOf(await system.exchange(exchangeOf(refreshed)))).toEqual([
      400,
      'invalid_request',
      'gateway',
    ])
    expect((await errorOf(await system.gateway('/api/secure', bearer(refreshed)))).slice(0, 2)).toEqual([
      401,
      'invalid_token',
    ])
  })
})

describe('a user whom Auth0 blocks', () => {
  it('has a session until its next refresh, and no longer', async () => {
    const browser = new Browser(system)
    await browser.logIn(dave)
    system.tenant.control.block(dave.sub)
    expect((await browser.get('/api/secure')).status, 'the access token lives on').toBe(200)
    expect(await errorOf(await browser.post('/auth/refresh'))).toEqual([401, 'session_expired', 'gateway'])
    expect(await errorOf(await browser.get('/auth/profile'))).toEqual([401, 'unauthorized', 'gateway'])
    const rejected = await browser.get(await browser.begin(dave))
    expect(await errorOf(rejected)).toEqual([403, 'access_denied', 'auth0'])
  })
})

interface Got {
  readonly access_token: string
  readonly refresh_token: string
}

/** Tokens of this user for an application outside the gateway, which has a refresh token of its own. */
async function tokens(
  { email, password }: TenantUser,
  grant: Readonly<Record<string, string>>,
): Promise<Got> {
  const { clientId, clientSecret } = demoClients.backoffice
  const response = await fetch(`${system.tenant.baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      audience: system.tenant.audience,
      scope: 'openid offline_access',
      username: email,
      password,
      ...grant,
    }),
  })
  const got = (await response.json()) as Got
  if (response.status !== 200) throw new Error(`no tokens: ${JSON.stringify(got)}`)
  return got
}
