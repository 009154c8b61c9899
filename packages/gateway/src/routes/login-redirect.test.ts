import { describe, expect, it } from 'vitest'
import { defineGateway } from '../config/definition.ts'
import {
  createTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../testing/create-test-gateway.ts'
import { catchLogs, expectError, memoryKv } from '../testing/fixtures.ts'

const page = { methods: ['GET', 'HEAD', 'POST'], service: 'APP', audience: 'app' } as const
const definition = defineGateway({
  audiences: { app: { permissions: ['use:admin'], roles: [] } },
  routes: [
    { ...page, match: '/*', login: 'redirect' },
    { ...page, match: '/admin', require: ['use:admin'], login: 'redirect' },
    { ...page, match: '/api/*' },
  ],
})
const ORIGIN = 'https://gateway.test'
const HTML = { Accept: 'text/html,*/*;q=0.8' }
const OPENS = {
  ...HTML,
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Site': 'none',
}
const logs = catchLogs()

const start = (options?: TestGatewayOptions): Promise<TestGateway> => createTestGateway(definition, options)

function open(gateway: TestGateway, path: string, headers: Readonly<Record<string, string>> = {}) {
  return gateway.fetch(path, { headers: { ...OPENS, ...headers } })
}

/** Where a response sends the browser. */
const location = (response: Response): string | null => response.headers.get('Location')

/** What a browser would keep of a response. */
const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .filter((one) => !/Max-Age=0/.test(one))
    .map((one) => one.split(';', 1)[0])
    .join('; ')

describe('a page that is opened without a session', () => {
  it('leads to log in, and back to the same place', async () => {
    const gateway = await start()
    const sent = await open(gateway, '/reports?year=2026&q=a%20b')
    expect(sent.status).toBe(302)
    expect(sent.headers.get('Cache-Control')).toBe('no-store')
    expect(location(sent)).toBe(`${ORIGIN}/auth/login?returnTo=%2Freports%3Fyear%3D2026%26q%3Da%2520b`)
    const begun = await open(gateway, new URL(location(sent) ?? '').href.slice(ORIGIN.length))
    const back = gateway.auth0.authorize(location(begun) ?? '')
    const ended = await gateway.fetch(back.href, { headers: { Cookie: cookiesOf(begun) } })
    expect(ended.status).toBe(303)
    expect(location(ended)).toBe(`${ORIGIN}/reports?year=2026&q=a%20b`)
    const opened = await open(gateway, '/reports?year=2026&q=a%20b', { Cookie: cookiesOf(ended) })
    expect(await opened.json()).toEqual({ service: 'APP' })
    expect(gateway.forwarded.at(-1)?.path).toBe('/reports?year=2026&q=a%20b')
    // What the gateway keeps in the browser stays between the two.
    expect(gateway.forwarded.at(-1)?.headers.get('Cookie')).toBeNull()
  })

  it('leads there from another site’s link, and when the browser says nothing of itself', async () => {
    const gateway = await start()
    expect((await open(gateway, '/x', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(302)
    expect((await gateway.fetch('/x', { headers: HTML })).status).toBe(302)
  })

  it('leads there when its session is over', async () => {
    const gateway = await start()
    const Cookie = await gateway.login()
    expect((await open(gateway, '/x', { Cookie })).status).toBe(200)
    gateway.advance(8 * 86_400)
    expect((await open(gateway, '/x', { Cookie })).status).toBe(302)
  })

  it('leads there when its user was just revoked', async () => {
    const gateway = await start({ env: { DENYLIST: memoryKv(), JWT_DENYLIST_NAME: 'DENYLIST' } })
    const Cookie = await gateway.login({ sub: 'auth0|eve' })
    gateway.advance(60)
    await gateway.kit('app').revoke({ sub: 'auth0|eve' })
    expect((await open(gateway, '/x', { Cookie })).status).toBe(302)
    expect(gateway.forwarded).toEqual([])
  })

  it.each([
    ['its path, when the query is not plain', '/x?a=\\', '/x'],
    ['its path, when the query is too long', `/x?a=${'b'.repeat(2048)}`, '/x'],
    ['the start page, when the path is too long', `/${'b'.repeat(2048)}`, '/'],
  ])('leads back to %s', async (_, path, returnTo) => {
    const gateway = await start()
    const sent = new URL(location(await open(gateway, path)) ?? '')
    expect(sent.searchParams.get('returnTo')).toBe(returnTo)
  })

  it.each([
    ['//evil.test', 400],
    ['/\\evil.test', 400],
    ['/%2f%2fevil.test', 400],
    ['/.//evil.test', 400],
    ['/@evil.test', 302],
    ['/x?returnTo=https://evil.test', 302],
    ['/x?next=//evil.test', 302],
  ])('never leads to another site: %s', async (path, status) => {
    const gateway = await start()
    const response = await gateway.fetch(new Request(`${ORIGIN}${path}`, { headers: OPENS }))
    expect([status, 302]).toContain(response.status)
    const to = location(response)
    if (to === null) return
    const login = new URL(to)
    expect(`${login.origin}${login.pathname}`).toBe(`${ORIGIN}/auth/login`)
    const [returnTo = '', ...more] = login.searchParams.getAll('returnTo')
    expect(more).toEqual([])
    expect(new URL(returnTo, ORIGIN).origin).toBe(ORIGIN)
    const begun = await open(gateway, `${login.pathname}${login.search}`)
    expect(begun.status, 'the login takes it').toBe(302)
  })

  it('goes by BASE_URL, not by the host that was asked', async () => {
    const gateway = await start({ env: { BASE_URL: 'https://app.test' } })
    const request = new Request('https://evil.test/x', { headers: { ...OPENS, Host: 'evil.test' } })
    expect(location(await gateway.fetch(request))).toBe('https://app.test/auth/login?returnTo=%2Fx')
  })
})

describe('who opens no page gets 401, as on any route', () => {
  it.each<[string, RequestInit]>([
    ['fetch', { headers: { ...HTML, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' } }],
    ['a frame', { headers: { ...OPENS, 'Sec-Fetch-Dest': 'iframe' } }],
    ['HEAD', { method: 'HEAD', headers: OPENS }],
    ['a form', { method: 'POST', headers: OPENS }],
    ['a fetch ahead of time', { headers: { ...OPENS, 'Sec-Purpose': 'prefetch' } }],
    ['curl', { headers: { Accept: '*/*' } }],
    ['a credential of another scheme', { headers: { ...OPENS, Authorization: 'Basic YTpi' } }],
  ])('%s', async (_, init) => {
    const response = await (await start()).fetch('/x', init)
    expect(response.status).toBe(401)
    expect(location(response)).toBeNull()
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('a bad token, which is never taken for none', async () => {
    const gateway = await start()
    const response = await open(gateway, '/x', { Authorization: `Bearer ${await gateway.auth0.forged()}` })
    expect(response.status).toBe(401)
    expect(location(response)).toBeNull()
  })

  it('a person on a route that does not say so', async () => {
    await expectError(await open(await start(), '/api/x'), 401, 'unauthorized')
  })
})

describe('a login that goes well and leaves no session', () => {
  async function afterLogin(drop: (cookie: string) => boolean, seconds = 0): Promise<Response> {
    const gateway = await start()
    const begun = await open(gateway, '/auth/login?returnTo=/x')
    const back = gateway.auth0.authorize(location(begun) ?? '')
    const ended = await gateway.fetch(back.href, { headers: { Cookie: cookiesOf(begun) } })
    const kept = cookiesOf(ended)
      .split('; ')
      .filter((one) => !drop(one))
    gateway.advance(seconds)
    return open(gateway, '/x', { Cookie: kept.join('; ') })
  }

  it('is told on a page, and not tried again in a circle', async () => {
    const response = await afterLogin((cookie) => cookie.startsWith('__Host-sealgate-session='))
    expect(response.status).toBe(401)
    expect(location(response)).toBeNull()
    const text = await response.text()
    expect(text).toContain('<h1>The login was not kept</h1>')
    expect(text).toContain('href="/auth/login?returnTo=%2Fx&#38;tries=1">Log in again<')
    expect(logs.text()).toContain('"reason":"session_lost"')
  })

  it.each([
    ['made up', 'x'],
    ['of a time to come', '99999999999'],
    ['empty', ''],
  ])('is not what a cookie says that is %s', async (_, value) => {
    const Cookie = `__Host-sealgate-login-done=${value}`
    expect((await open(await start(), '/x', { Cookie })).status).toBe(302)
  })

  it('is one for half a minute: after that a session is over, as any', async () => {
    const isSession = (cookie: string): boolean => cookie.startsWith('__Host-sealgate-session=')
    expect((await afterLogin(isSession, 25)).status).toBe(401)
    expect((await afterLogin(isSession, 35)).status).toBe(302)
    expect((await afterLogin(() => false)).status).toBe(200)
  })

  it('is not looked for where a route sends nobody to log in', async () => {
    const gateway = await start()
    const begun = await open(gateway, '/auth/login?returnTo=/api/x')
    const back = gateway.auth0.authorize(location(begun) ?? '')
    const ended = await gateway.fetch(back.href, { headers: { Cookie: cookiesOf(begun) } })
    expect(cookiesOf(ended)).not.toContain('done')
  })

  it('is forgotten when the next login begins', async () => {
    const gateway = await start()
    const begun = await open(gateway, '/auth/login?returnTo=/x', { Cookie: '__Host-sealgate-login-done=1' })
    expect(begun.headers.getSetCookie().join()).toContain('__Host-sealgate-login-done=; Max-Age=0')
  })
})

describe('a path of the gateway’s own, though such a route covers it', () => {
  it('tells of a login that failed as anywhere', async () => {
    const response = await open(await start(), '/auth/callback?code=c&state=s')
    expect(response.status).toBe(400)
    const text = await response.text()
    expect(text).toContain('<h1>This login is over</h1>')
    expect(text).toContain('href="/auth/login?returnTo=%2F&#38;tries=1">Log in again<')
  })

  it.each(['/auth/profile', '/.well-known/jwks.json'])('responds as it does: %s', async (path) => {
    const response = await open(await start(), path)
    expect(response.headers.get('Content-Type')).toBe('application/json')
    expect(location(response)).toBeNull()
  })
})

describe('a page that cannot be shown', () => {
  it('says to people what they lack', async () => {
    const gateway = await start()
    const Cookie = await gateway.login()
    const response = await open(gateway, '/admin', { Cookie })
    expect(response.status).toBe(403)
    const text = await response.text()
    expect(text).toContain('<h1>You may not open this page</h1>')
    expect(text).toContain('href="/">Go to the start page<')
    expect(text).toContain(`<code>${String(response.headers.get('X-Request-Id'))}</code>`)
    await expectError(await gateway.fetch('/admin', { headers: { Cookie } }), 403, 'insufficient_scope')
  })

  it('says to people that it does not respond, and offers it again', async () => {
    const services = { APP: () => Promise.reject(new Error('down')) }
    const gateway = await start({ services })
    const Cookie = await gateway.login()
    const response = await open(gateway, '/x?a="><script>', { Cookie })
    expect(response.status).toBe(502)
    const text = await response.text()
    expect(text).toContain('<h1>This page does not respond</h1>')
    expect(text).toContain('>Try again<')
    expect(text).not.toContain('<script')
    expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  })

  it('leaves what a service says of itself alone', async () => {
    const gateway = await start({ services: { APP: () => new Response('no', { status: 403 }) } })
    const response = await open(gateway, '/x', { Cookie: await gateway.login() })
    expect(await response.text()).toBe('no')
  })
})

describe('without logins', () => {
  it('such a route does not start', async () => {
    const env = { AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }
    await expect(start({ env })).rejects.toThrow(
      /^ROUTES \/\* sends people to log in, and there are no logins/,
    )
  })
})
