import { ConfigError, generateSecret, makeKit } from '@sealgate/kit'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/read-config.ts'
import { catchLogs, expectError, memoryKv } from '../testing/fixtures.ts'
import { createTestAuth0, type TestAuth0, type TestUser } from '../testing/test-auth0.ts'
import { auth, authWith, requiresAuth } from './auth.ts'
import { definitionOf, gatewayEnvironment } from './environment.ts'
import type { AuthOptions } from './options.ts'

const ORIGIN = 'https://app.test'
const HTML = { Accept: 'text/html' }
const SESSION = '__Host-sealgate-session'
const OPTIONS = {
  domain: 'tenant.test',
  clientID: 'web',
  clientSecret: 'the-client-secret',
  baseURL: ORIGIN,
  session: { secret: 'a-text-of-this-app-that-nobody-else-has' },
} as const

const logs = catchLogs()

/** A browser before an app with logins. */
class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #app: Pick<Hono, 'request'>
  readonly #auth0: TestAuth0
  readonly #env: object

  constructor(app: Pick<Hono, 'request'>, auth0: TestAuth0, env: object = {}) {
    this.#app = app
    this.#auth0 = auth0
    this.#env = env
  }

  async get(
    path: string,
    headers: Readonly<Record<string, string>> = HTML,
    method = 'GET',
  ): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const all = { ...headers, ...(cookie !== '' && { Cookie: cookie }) }
    const response = await this.#app.request(new URL(path, ORIGIN), { method, headers: all }, this.#env)
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/; Max-Age=0;/.test(set)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  /** Follows redirects, through Auth0 too, until something else comes. */
  async follow(path: string, user?: TestUser): Promise<Response> {
    let response = await this.get(path)
    for (let hops = 0; response.status >= 300 && response.status < 400 && hops < 6; hops++) {
      const location = response.headers.get('Location') ?? ''
      response = await this.get(
        location.startsWith(ORIGIN) ? location : this.#auth0.authorize(location, user).href,
      )
    }
    return response
  }
}

interface World {
  readonly app: Hono
  readonly auth0: TestAuth0
  readonly visitor: Visitor
  readonly later: (seconds: number) => void
}

/** An app that greets, behind `auth()`. */
async function world(more: AuthOptions = {}, env: object = {}): Promise<World> {
  const options = { ...OPTIONS, ...more }
  let now = Date.now() / 1000
  const tenant = parseConfig(gatewayEnvironment(options, env), definitionOf(options))
  const auth0 = await createTestAuth0(tenant, () => now)
  const app = new Hono()
  app.use(authWith(options, { now: () => now, fetch: auth0.fetch }))
  app.get('/', (c) => c.text(`Hello ${c.var.auth0Client?.getSession(c)?.user.name ?? 'guest'}!`))
  app.get('/me', async (c) => {
    const token = await c.var.auth0Client?.getAccessToken(c)
    return c.json({ user: c.var.auth0Client?.getSession()?.user, token })
  })
  app.get('/members', requiresAuth(), (c) => c.text(c.var.auth0Client?.getSession()?.user.sub ?? ''))
  app.all('/form', (c) => c.text('done'))
  return { app, auth0, visitor: new Visitor(app, auth0, env), later: (seconds) => (now += seconds) }
}

const ada = { sub: 'auth0|ada', name: 'Ada', email: 'ada@example.test' }

describe('a browser without a session', () => {
  it('is led to log in, and comes back to where it was', async () => {
    const { visitor } = await world()
    const first = await visitor.get('/me?tab=2')
    expect([first.status, first.headers.get('Location')]).toEqual([
      302,
      `${ORIGIN}/auth/login?returnTo=%2Fme%3Ftab%3D2`,
    ])
    const authorize = new URL(
      (await visitor.get(first.headers.get('Location') ?? '')).headers.get('Location') ?? '',
    )
    expect(authorize.origin).toBe('https://tenant.test')
    expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
      ...{ client_id: 'web', redirect_uri: `${ORIGIN}/callback`, scope: 'openid profile email' },
      ...{ audience: 'https://tenant.test/userinfo', code_challenge_method: 'S256' },
    })
    const me = await visitor.follow('/me?tab=2', ada)
    expect(await me.json()).toEqual({
      user: ada,
      token: { accessToken: expect.stringMatching(/^ey/) as string, expiresAt: expect.any(Number) as number },
    })
    expect(await (await visitor.get('/')).text()).toBe('Hello Ada!')
    expect([...visitor.cookies.keys()]).toContain(SESSION)
  })

  it('gets 401 where it is no browser, or the app says so; bearer tokens are nothing here', async () => {
    const { visitor, auth0 } = await world()
    await expectError(await visitor.get('/', {}), 401, 'unauthorized')
    await expectError(await visitor.get('/form', HTML, 'POST'), 401, 'unauthorized')
    const bearer = { Authorization: `Bearer ${await auth0.token()}` }
    await expectError(await visitor.get('/', bearer), 401, 'unauthorized')
    expect((await visitor.get('/', { ...bearer, ...HTML })).status).toBe(302)
    const strict = await world({ errorOnRequiredAuth: true })
    await expectError(await strict.visitor.get('/'), 401, 'unauthorized')
  })

  it('passes where the app does not require one, but for routes that do', async () => {
    const { visitor } = await world({ authRequired: false })
    expect(await (await visitor.get('/')).text()).toBe('Hello guest!')
    expect(await (await visitor.get('/me')).json()).toEqual({})
    expect((await visitor.get('/members')).headers.get('Location')).toBe(
      `${ORIGIN}/auth/login?returnTo=%2Fmembers`,
    )
    expect(await (await visitor.follow('/members', ada)).text()).toBe('auth0|ada')
  })

  it('is not sent round in a circle when it keeps no cookie', async () => {
    const { visitor } = await world()
    await visitor.follow('/', ada)
    visitor.cookies.delete(SESSION)
    const page = await visitor.get('/')
    expect(page.status).toBe(401)
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  })
})

describe('login and logout', () => {
  it('have the paths that the app gives them, and are the same at the gateway’s', async () => {
    const { visitor } = await world({ routes: { login: '/in', callback: '/back', logout: '/out' } })
    for (const path of ['/in?returnTo=/me', '/auth/login?returnTo=/me']) {
      const begun = await visitor.get(path)
      const redirect = new URL(begun.headers.get('Location') ?? '').searchParams.get('redirect_uri')
      expect(redirect).toBe(`${ORIGIN}/back`)
    }
    expect((await visitor.follow('/in?returnTo=/me', ada)).status).toBe(200)
    const out = await visitor.get('/out')
    expect([out.status, out.headers.get('Location')]).toEqual([
      303,
      `https://tenant.test/v2/logout?client_id=web&returnTo=${encodeURIComponent(`${ORIGIN}/`)}`,
    ])
    expect((await visitor.get('/me')).status).toBe(302)
  })

  it.each(['/login', '/logout?x=1', '/login#a'])('a login never ends at %s', async (returnTo) => {
    const { visitor } = await world()
    const response = await visitor.follow(`/login?returnTo=${encodeURIComponent(returnTo)}`, ada)
    expect(await response.text()).toBe('Hello Ada!')
  })

  it('a login never ends at another site, and a page says so', async () => {
    const { visitor } = await world()
    const page = await visitor.get('/login?returnTo=//evil.test')
    expect([page.status, page.headers.get('Content-Type')]).toEqual([400, 'text/html; charset=utf-8'])
  })

  it('a page of another site logs nobody out, and does nothing in their name', async () => {
    const { visitor } = await world()
    await visitor.follow('/', ada)
    const foreign = {
      ...HTML,
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    }
    await expectError(await visitor.get('/logout', { ...foreign, Accept: '*/*' }), 403, 'csrf')
    await expectError(await visitor.get('/form', { Origin: 'https://evil.test' }, 'POST'), 403, 'csrf')
    expect(await (await visitor.get('/form', { Origin: ORIGIN }, 'POST')).text()).toBe('done')
    expect(await (await visitor.get('/', foreign)).text()).toBe('Hello Ada!')
  })

  it('that Auth0 denies is told as a page, and nobody is logged in', async () => {
    const { visitor } = await world()
    const begun = await visitor.get('/login')
    const state = new URL(begun.headers.get('Location') ?? '').searchParams.get('state') ?? ''
    const query = new URLSearchParams({ state, iss: 'https://tenant.test/', error: 'access_denied' })
    const page = await visitor.get(`/callback?${query.toString()}`)
    expect([page.status, page.headers.get('X-Error-Source')]).toEqual([403, 'auth0'])
    expect(await page.text()).toContain('<h1>Auth0 denied the login</h1>')
    expect((await visitor.get('/')).status).toBe(302)
  })
})

describe('a session', () => {
  it('is over with its access token', async () => {
    const { visitor, later } = await world()
    await visitor.follow('/', ada)
    later(3700)
    expect((await visitor.get('/')).status).toBe(302)
  })

  it('ends when its user is revoked, on the deny-list that the gateway has', async () => {
    const env = { JWT_ISS: 'https://gateway.internal', JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: memoryKv() }
    const { visitor } = await world({}, env)
    await visitor.follow('/', ada)
    const operator = makeKit({ ...env, JWT_AUD: 'b', JWT_SECRET: generateSecret() })
    await operator.revoke({ sub: 'auth0|ada' })
    // Where the list was not read a moment ago, and not right after the login.
    const other = await world({}, env)
    other.visitor.cookies.set(SESSION, visitor.cookies.get(SESSION) ?? '')
    expect((await other.visitor.get('/')).status).toBe(302)
  })

  it('opens with each secret of a list, and with none that left it', async () => {
    const secrets = ['the-newest-text-of-this-app-0123456789', OPTIONS.session.secret]
    const { visitor } = await world()
    await visitor.follow('/', ada)
    const statusWith = async (secret: readonly string[]): Promise<number> => {
      const other = await world({ session: { secret } })
      for (const [name, value] of visitor.cookies) other.visitor.cookies.set(name, value)
      return (await other.visitor.get('/me', {})).status
    }
    expect(await statusWith(secrets)).toBe(200)
    expect(await statusWith(secrets.slice(0, 1))).toBe(401)
  })
})

describe('options', () => {
  const env = {
    AUTH0_DOMAIN: 'tenant.test',
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'the-client-secret',
    AUTH0_AUDIENCE: 'https://api.test',
    AUTH0_SESSION_ENCRYPTION_KEY: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    BASE_URL: 'http://localhost:3000',
    SESSION_STORE: 'cloudflare-kv',
    SESSION_STORE_NAMESPACE: 'Session',
  }
  /** Of the app's own log, when a request came. */
  const problemOf = async (options: AuthOptions, given: object = {}): Promise<string> => {
    const app = new Hono().use(auth(options)).onError((error, c) => {
      return error instanceof ConfigError ? c.text(error.message, 500) : c.text('other')
    })
    const response = await app.request('/', {}, given)
    return response.status === 500 ? response.text() : 'accepted'
  }

  it('come from the environment, as .dev.vars of such apps have them; the store’s name is explained', async () => {
    expect(await problemOf({}, env)).toBe('accepted')
    expect(logs.lines()).toContainEqual(
      expect.objectContaining({
        event: 'session_store_replaced',
        detail:
          'SESSION_STORE is taken for cookie: auth() keeps a session in its cookie, encrypted. Set it to cookie',
      }),
    )
    const config = parseConfig(gatewayEnvironment({}, env), definitionOf({}))
    expect(config).toMatchObject({
      environment: 'dev',
      baseUrl: 'http://localhost:3000',
      callbackPath: '/callback',
    })
    expect(config.login).toMatchObject({ audience: 'https://api.test', clientId: 'web' })
  })

  it('win over the environment, and parameters of a login go to Auth0', () => {
    const authorizationParams = {
      scope: 'openid email',
      audience: 'https://other.test',
      connection: 'google-oauth2',
      response_type: 'code',
    } as const
    const config = parseConfig(
      gatewayEnvironment(
        { ...OPTIONS, authorizationParams, session: { ...OPTIONS.session, cookie: { name: 'app' } } },
        env,
      ),
      definitionOf({}),
    )
    expect(config.login).toMatchObject({
      audience: 'https://other.test',
      scope: 'openid email',
      parameters: { connection: 'google-oauth2' },
    })
    expect(config).toMatchObject({
      environment: 'production',
      baseUrl: ORIGIN,
      cookieNames: { session: 'app' },
    })
  })

  it.each<[string, object, RegExp]>([
    [
      'a misspelt one',
      { clientId: 'web' },
      /^auth\(\): clientId is no option here: did you mean clientID\?$/,
    ],
    ['one that there is not', { customRoutes: [] }, /^auth\(\): customRoutes is no option here$/],
    ['a domain that is no text', { domain: 7 }, /^auth\(\): domain must be text$/],
    [
      'a short secret',
      { session: { secret: 'short' } },
      /^auth\(\): session\.secret must have at least 32 characters: openssl/,
    ],
    ['no secret in a list', { session: { secret: [] } }, /^auth\(\): session\.secret must not be empty$/],
    [
      'a session of another kind',
      { session: { rolling: true } },
      /^auth\(\): session\.rolling is no option here$/,
    ],
    ['text for true', { authRequired: 'yes' }, /^auth\(\): authRequired must be true or false$/],
    ['a route that is no path', { routes: { login: 'login' } }, /^auth\(\): routes\.login must be a path/],
    [
      'two routes in one place',
      { routes: { login: '/a', logout: '/a' } },
      /^auth\(\): routes has one path twice/,
    ],
    ['a logout here alone', { idpLogout: false }, /^auth\(\): idpLogout must be true, or absent/],
    [
      'another response type',
      { authorizationParams: { response_type: 'id_token' } },
      /^auth\(\): authorizationParams\.response_type must be code$/,
    ],
  ])('%s is an error where it is written', (_, options, message) => {
    expect(() => auth(options as AuthOptions)).toThrow(ConfigError)
    expect(() => auth(options as AuthOptions)).toThrow(message)
  })

  it.each<[string, AuthOptions, object, RegExp]>([
    [
      'no domain',
      {},
      { ...env, AUTH0_DOMAIN: '' },
      /^auth\(\): domain is missing: give the option, or set AUTH0_DOMAIN/,
    ],
    ['no client', {}, { ...env, AUTH0_CLIENT_ID: undefined }, /^auth\(\): clientID is missing/],
    [
      'no client secret',
      {},
      { ...env, AUTH0_CLIENT_SECRET: undefined },
      /^auth\(\): clientSecret is missing/,
    ],
    ['no base URL', {}, { ...env, BASE_URL: undefined }, /^auth\(\): baseURL is missing: .*BASE_URL/],
    [
      'no secret',
      {},
      { ...env, AUTH0_SESSION_ENCRYPTION_KEY: '' },
      /^auth\(\): session\.secret is missing: .*AUTH0_SESSION_ENCRYPTION_KEY/,
    ],
    [
      'a short secret',
      {},
      { ...env, AUTH0_SESSION_ENCRYPTION_KEY: 'short' },
      /^auth\(\): session\.secret .* at least 32 characters/,
    ],
    [
      'a domain with https',
      { domain: 'https://tenant.test/' },
      env,
      /^auth\(\): domain: AUTH0_DOMAIN must be a host name alone/,
    ],
    [
      'plain http on the web',
      { baseURL: 'http://app.test' },
      env,
      /^auth\(\): baseURL: BASE_URL must be https/,
    ],
    ['Durable Objects', {}, { ...env, SESSION_STORE: 'do' }, /^auth\(\): SESSION_STORE must be cookie/],
    [
      'the client’s secret again',
      { clientSecret: OPTIONS.session.secret, session: OPTIONS.session },
      env,
      /hold the same secret/,
    ],
    [
      'a parameter that is the middleware’s own',
      { authorizationParams: { nonce: 'x' } },
      env,
      /AUTH0_LOGIN_PARAMETERS\.nonce/,
    ],
  ])('%s is an error on the first request, and stands in the log', async (_, options, given, message) => {
    expect(await problemOf(options, given)).toMatch(message)
    expect(logs.lines()).toContainEqual(
      expect.objectContaining({ reason: 'misconfigured', detail: expect.stringMatching(message) as string }),
    )
  })

  it('a secret that documentation prints serves on this machine alone', async () => {
    const session = { secret: 'password_at_least_32_characters_long' }
    expect(await problemOf({ session }, env)).toBe('accepted')
    expect(await problemOf({ ...OPTIONS, session })).toMatch(
      /^auth\(\): session\.secret is one that documentation prints/,
    )
  })
})

it('requiresAuth says what it needs', async () => {
  const app = new Hono().use(requiresAuth()).onError((error, c) => c.text(error.message, 500))
  expect(await (await app.request('/')).text()).toBe('requiresAuth() needs app.use(auth(…)) in front of it')
})

it('nothing of a login, and no secret, stands in the log', async () => {
  const { visitor } = await world({ session: { secret: OPTIONS.session.secret } })
  await visitor.follow('/me', ada)
  await visitor.get('/logout')
  expect(logs.text()).not.toMatch(/ada|Ada|the-client-secret|a-text-of-this-app|eyJ/)
})
