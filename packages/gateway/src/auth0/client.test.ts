import { generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoginConfig } from '../config/auth0.ts'
import { API, EMAIL, type FakeAuth0, fakeAuth0, ISSUER, type TokenOptions } from '../testing/fixtures.ts'
import { Auth0Client } from './client.ts'
import type { ExpectedLogin } from './client-types.ts'

const config: LoginConfig = {
  issuer: ISSUER,
  audience: API,
  clientId: 'web',
  clientSecret: 'secret-canary',
  scope: 'openid offline_access',
  organizations: new Set(),
  connection: undefined,
  parameters: {},
}

const expected: ExpectedLogin = {
  state: 'state',
  nonce: 'nonce',
  codeVerifier: 'v'.repeat(43),
  redirectUri: 'https://app.test/auth/callback',
  requiresIss: false,
}

let auth0: FakeAuth0
/** What was sent, by path. */
let sent: Map<string, { readonly headers: Headers; readonly form: URLSearchParams }>
let answer: (path: string) => Response | Promise<Response>
let now: number

const send: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.pathname === '/.well-known/jwks.json') return auth0.fetch(input, init)
  const form = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams()
  sent.set(url.pathname, { headers: new Headers(init?.headers), form })
  return Promise.resolve(answer(url.pathname))
}

beforeAll(async () => {
  auth0 = await fakeAuth0()
})
beforeEach(() => {
  auth0.respond()
  sent = new Map()
  now = Math.floor(Date.now() / 1000)
})

const client = (): Auth0Client => new Auth0Client(config, { fetch: send, now: () => now })

function idToken(claims: Readonly<Record<string, unknown>> = {}, how: TokenOptions = {}): Promise<string> {
  const unusual = { azp: undefined, scope: undefined, permissions: undefined }
  return auth0.token({ ...unusual, aud: 'web', nonce: 'nonce', auth_time: now - 20, ...claims }, how)
}

function tokens(more: Readonly<Record<string, unknown>>): Response {
  return Response.json({
    access_token: 'access',
    refresh_token: 'refresh',
    token_type: 'Bearer',
    expires_in: 7200,
    ...more,
  })
}

const exchange = (query = 'code=c&state=state', what = expected) =>
  client().exchangeCode(new URLSearchParams(query), what)

describe('a login at Auth0', () => {
  const usual = { isOffline: true, maxAge: 604_800, isForced: false }

  it.each([
    ['is not older than a session may be', {}, { max_age: '604800', prompt: null, organization: null }],
    ['begins anew where it must', { isForced: true }, { max_age: '604800', prompt: 'login' }],
    [
      'carries more parameters, and its own whatever those are',
      {
        parameters: { ui_locales: 'fr', state: 'evil', redirect_uri: 'https://evil.test', prompt: 'none' },
        isForced: true,
      },
      { ui_locales: 'fr', state: 'state', redirect_uri: 'https://app.test/auth/callback', prompt: 'login' },
    ],
    ['names its organization', { organization: 'org_1' }, { organization: 'org_1' }],
  ])('%s', async (_, changed, requested) => {
    const url = await client().authorizationUrl({ ...expected, ...changed }, { ...usual, ...changed })
    for (const [name, value] of Object.entries(requested)) expect(url.searchParams.get(name)).toBe(value)
  })

  it.each([
    ['counts from auth_time', -5000, -5000],
    ['never counts from a time after its first ID token', 5000, -10],
  ])('%s', async (_, authenticated, expectedTime) => {
    const id = await idToken({ iat: now - 10, auth_time: now + authenticated })
    answer = () => tokens({ id_token: id })
    expect(await exchange()).toMatchObject({ authTime: now + expectedTime })
  })

  it.each([undefined, 0])('whose ID token has the auth_time %s is none', async (authTime) => {
    const id = await idToken({ auth_time: authTime })
    answer = () => tokens({ id_token: id })
    await expect(exchange()).rejects.toMatchObject({
      code: 'login_failed',
      detail: 'the ID token does not say when the user logged in',
    })
  })

  it.each<[asked: string | undefined, orgId: string | undefined, isLoggedIn: boolean]>([
    ['org_1', 'org_1', true],
    ['org_1', 'org_2', false],
    ['org_1', undefined, false],
    [undefined, 'org_2', true],
    [undefined, undefined, true],
  ])('for the organization %s that comes back for %s: %s', async (organization, orgId, isLoggedIn) => {
    const id = await idToken({ org_id: orgId })
    answer = () => tokens({ id_token: id })
    const own = new Auth0Client({ ...config, organizations: 'any' }, { fetch: send, now: () => now })
    const outcome = own.exchangeCode(new URLSearchParams('code=c&state=state'), { ...expected, organization })
    if (isLoggedIn) expect((await outcome).claims.sub).toBe('auth0|alice')
    else await expect(outcome).rejects.toMatchObject({ code: 'login_failed' })
  })
})

describe('an exchange of a code', () => {
  it('sends the code with its verifier and the secret in the body, never in the address', async () => {
    const id = await idToken()
    answer = () => tokens({ id_token: id })
    expect(await exchange()).toMatchObject({
      accessToken: 'access',
      refreshToken: 'refresh',
      expiresAt: now + 7200,
      claims: { sub: 'auth0|alice', email: EMAIL },
    })
    expect(Object.fromEntries(sent.get('/oauth/token')?.form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      code_verifier: expected.codeVerifier,
      redirect_uri: expected.redirectUri,
      client_id: 'web',
      client_secret: 'secret-canary',
    })
  })

  it.each([
    ['another state', 'code=c&state=other', {}],
    ['no state', 'code=c', {}],
    ['another issuer', 'code=c&state=state&iss=https://evil.test/', {}],
    ['the issuer without its slash', 'code=c&state=state&iss=https://tenant.test', {}],
    ['no issuer where one was announced', 'code=c&state=state', { requiresIss: true }],
    ['tokens of the implicit flow', 'code=c&state=state&id_token=x', {}],
    ['no code', 'state=state', {}],
  ])('with %s never happens', async (_, query, more) => {
    await expect(exchange(query, { ...expected, ...more })).rejects.toMatchObject({ code: 'login_failed' })
    expect(sent.size, 'the code was not sent').toBe(0)
  })

  it.each<[allowed: ReadonlySet<string> | 'any', orgId: string | undefined, isLoggedIn: boolean]>([
    [new Set(['org_1']), 'org_1', true],
    [new Set(['org_1']), undefined, false],
    [new Set(['org_1']), 'org_2', false],
    [new Set(), 'org_1', false],
    [new Set(), undefined, true],
    ['any', 'org_2', true],
    ['any', undefined, true],
  ])(
    'where %o may log in, an ID token of the organization %s: %s',
    async (organizations, orgId, isLoggedIn) => {
      const id = await idToken({ org_id: orgId })
      answer = () => tokens({ id_token: id })
      const own = new Auth0Client({ ...config, organizations }, { fetch: send, now: () => now })
      const outcome = own.exchangeCode(new URLSearchParams('code=c&state=state'), expected)
      if (isLoggedIn) expect((await outcome).claims.sub).toBe('auth0|alice')
      else
        await expect(outcome).rejects.toMatchObject({ code: 'login_denied', detail: 'unknown_organization' })
    },
  )

  it('happens with the issuer that was announced', async () => {
    const id = await idToken()
    answer = () => tokens({ id_token: id })
    await exchange(`code=c&state=state&iss=${ISSUER}`, { ...expected, requiresIss: true })
  })

  const rows: [what: string, make: () => Promise<string>, code?: string][] = [
    ['with another nonce', () => idToken({ nonce: 'other' })],
    ['without a nonce', () => idToken({ nonce: undefined }), 'auth0_failed'],
    ['for another client', () => idToken({ aud: 'other' })],
    ['for two, and given to the other (azp)', () => idToken({ aud: ['web', 'other'], azp: 'other' })],
    ['of another issuer', () => idToken({ iss: 'https://evil.test/' })],
    ['that is over', () => idToken({ iat: 1, exp: 2 })],
    ['without a subject', () => idToken({ sub: undefined }), 'auth0_failed'],
    [
      'signed with another key',
      async () => idToken({}, { key: (await generateKeyPair('RS256')).privateKey }),
      'auth0_failed',
    ],
    [
      'signed with another algorithm',
      async () => idToken({}, { key: (await generateKeyPair('ES256')).privateKey, alg: 'ES256' }),
      'auth0_failed',
    ],
  ]
  it.each(rows)('that returns an ID token %s logs nobody in', async (_, make, code = 'login_failed') => {
    const id = await make()
    answer = () => tokens({ id_token: id })
    await expect(exchange()).rejects.toMatchObject({ code })
  })

  it('that returns no ID token logs nobody in', async () => {
    answer = () => tokens({})
    await expect(exchange()).rejects.toMatchObject({ code: 'auth0_failed' })
  })
})

describe('a response of Auth0', () => {
  const rejected = (status: number, error: string) => () =>
    Response.json({ error, error_description: 'description-canary' }, { status })

  it.each<[string, () => Response, string]>([
    ['invalid_grant', rejected(403, 'invalid_grant'), 'login_failed'],
    ['a wrong client secret', rejected(401, 'access_denied'), 'misconfigured'],
    ['invalid_client', rejected(401, 'invalid_client'), 'misconfigured'],
    ['unauthorized_client', rejected(403, 'unauthorized_client'), 'misconfigured'],
    ['access_denied by an action', rejected(403, 'access_denied'), 'login_denied'],
    ['an error that nobody knows', rejected(400, 'canary error!'), 'auth0_failed'],
    ['too many requests', () => new Response('{}', { status: 429 }), 'auth0_unavailable'],
    ['a fault', () => new Response('down', { status: 500 }), 'auth0_failed'],
    ['a redirect', () => Response.redirect('https://evil.test/', 302), 'auth0_failed'],
    ['a page', () => new Response('<h1>', { headers: { 'Content-Type': 'text/html' } }), 'auth0_failed'],
    [
      'half of it',
      () => new Response('{"access_', { headers: { 'Content-Type': 'application/json' } }),
      'auth0_failed',
    ],
    ['too much', () => Response.json({ access_token: 'x'.repeat(300_000) }), 'auth0_failed'],
    ['another token type', () => tokens({ token_type: 'DPoP' }), 'auth0_failed'],
  ])('that is $0: $2', async (_, make, code) => {
    answer = make
    const error: unknown = await exchange().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(error) + String(error), 'nothing of it is passed on').not.toContain('canary')
  })

  it('that does not come is an outage', async () => {
    answer = () => Promise.reject(new TypeError('network canary'))
    await expect(exchange()).rejects.toMatchObject({
      code: 'auth0_unavailable',
      detail: 'no whole response in time',
    })
  })

  it.each([
    ['7', '7'],
    ['86400', '3600'],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ])('that asks to wait %j is passed on as %j', async (given, passed) => {
    answer = () => new Response('{}', { status: 429, headers: { 'Retry-After': given } })
    const error = await exchange().catch((thrown: unknown) => thrown)
    expect((error as { headers: Record<string, string> }).headers['Retry-After']).toBe(passed)
  })
})

describe('a refresh', () => {
  it('returns what came, and keeps quiet about what did not', async () => {
    answer = () => tokens({ refresh_token: undefined })
    expect(await client().refresh('old', 'auth0|alice')).toEqual({
      accessToken: 'access',
      expiresAt: now + 7200,
      refreshToken: undefined,
      claims: undefined,
    })
    expect(Object.fromEntries(sent.get('/oauth/token')?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'old',
    })
  })

  it.each([
    [403, 'invalid_grant', 'session_expired'],
    [401, 'unauthorized', 'session_expired'],
    [403, 'access_denied', 'session_expired'],
    [403, 'mfa_required', 'session_expired'],
    [403, 'login_required', 'session_expired'],
    [401, 'access_denied', 'misconfigured'],
    [401, 'invalid_client', 'misconfigured'],
    [500, 'server_error', 'auth0_failed'],
  ])(
    'that Auth0 rejects with %i %s is %s: what is about the user ends the session',
    async (status, error, code) => {
      answer = () => Response.json({ error }, { status })
      await expect(client().refresh('old', 'auth0|alice')).rejects.toMatchObject({ code })
    },
  )

  it('while Auth0’s keys cannot be had brings the tokens all the same: the old one is spent', async () => {
    const id = await idToken()
    answer = () => tokens({ id_token: id })
    auth0.respond(() => new Response('down', { status: 500 }))
    expect(await client().refresh('old', 'auth0|alice')).toMatchObject({
      refreshToken: 'refresh',
      claims: undefined,
    })
  })

  it('that brings an ID token with another signature is rejected', async () => {
    const id = await idToken({}, { key: (await generateKeyPair('RS256')).privateKey })
    answer = () => tokens({ id_token: id })
    await expect(client().refresh('old', 'auth0|alice')).rejects.toMatchObject({ code: 'auth0_failed' })
  })

  it('that speaks of another user ends the session', async () => {
    const id = await idToken({ sub: 'auth0|bob' })
    answer = () => tokens({ id_token: id })
    await expect(client().refresh('old', 'auth0|alice')).rejects.toMatchObject({ code: 'session_expired' })
  })
})

describe('/userinfo', () => {
  it('gives claims about this user alone', async () => {
    answer = () => Response.json({ sub: 'auth0|alice', name: 'Alice' })
    expect(await client().userinfo('access', 'auth0|alice')).toEqual({ sub: 'auth0|alice', name: 'Alice' })
    expect(sent.get('/userinfo')?.headers.get('Authorization')).toBe('Bearer access')
    await expect(client().userinfo('access', 'auth0|bob')).rejects.toMatchObject({ code: 'auth0_failed' })
  })
})

describe('what Auth0 says about itself', () => {
  const metadata = (more: object) => () => Response.json({ issuer: ISSUER, ...more })

  it('is requested once an hour', async () => {
    const one = client()
    answer = metadata({ authorization_response_iss_parameter_supported: true })
    expect(await one.sendsIss()).toBe(true)
    answer = metadata({})
    expect(await one.sendsIss()).toBe(true)
    now += 3600
    expect(await one.sendsIss()).toBe(false)
  })

  it('is not requested by every login while Auth0 does not say it', async () => {
    let asked = 0
    answer = () => {
      asked++
      return new Response(null, { status: 503 })
    }
    const one = client()
    for (let login = 0; login < 3; login++) {
      await expect(one.sendsIss()).rejects.toMatchObject({ code: 'auth0_failed' })
    }
    expect(asked).toBe(1)
    answer = metadata({})
    now += 5
    expect(await one.sendsIss()).toBe(false)
  })

  it('does not count from another issuer', async () => {
    answer = metadata({ issuer: 'https://evil.test/' })
    await expect(client().sendsIss()).rejects.toMatchObject({ code: 'auth0_failed' })
  })
})
