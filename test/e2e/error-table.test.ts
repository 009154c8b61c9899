import { createHash, hkdfSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { calculateJwkThumbprint, type CryptoKey, EncryptJWT, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DEMO_PASSWORD, demoUsers, startTenant, type Tenant } from 'sealgate/internal'
import { Browser, ORIGIN, type Site, withCookie } from '../support/browser.ts'
import {
  type GatewayName,
  type Gateways,
  startGateways,
  UNREACHABLE_ISSUER,
} from '../support/faulty-gateways.ts'
import { ACCESS_TOKEN, EXCHANGE } from '../support/system.ts'

const ROOT = join(import.meta.dirname, '../..')
const { alice, bob, mallory } = demoUsers
/** So long that a session with it does not fit into a cookie. */
const longName = { ...bob, sub: 'auth0|long', email: 'long@example.test', name: 'x'.repeat(4000) }

/** The requests that were rejected. */
const rejected: { readonly method: string; readonly path: string; readonly status: number }[] = []
/** Error bodies, and the addresses that answers send browsers to. */
const told: string[] = []
/** Tokens, codes, cookies and secrets of this run. None of them is in a log line, an error or an address. */
const canaries = new Set<string>([DEMO_PASSWORD, alice.email, longName.email])

let tenant: Tenant
let gateways: Gateways

beforeAll(async () => {
  key = await newKey()
  tenant = await startTenant({ quiet: true, users: [alice, bob, mallory, longName] })
  gateways = await startGateways(tenant)
  for (const secret of gateways.secrets) canaries.add(secret)
})
afterAll(async () => {
  await gateways.close()
  await tenant.close()
})
beforeEach(async () => {
  tenant.control.reset()
  // A gateway writes 20 denials a second: each of these is looked for in its log.
  await setTimeout(60)
})

/** Keeps what an answer says, and the cookies that it must not say. */
async function watch(response: Response): Promise<void> {
  if (response.status >= 400) told.push(await response.clone().text())
  const location = response.headers.get('Location')
  if (location !== null) told.push(location)
  for (const cookie of response.headers.getSetCookie()) {
    const [, value = ''] = /^[^=]*=([^;]*)/.exec(cookie) ?? []
    if (value !== '') canaries.add(value)
  }
}

/** An Auth0 access token of alice, changed as given. */
function newToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const token = tenant.control.issue(claims)
  canaries.add(token)
  canaries.add(token.split('.')[2] ?? token)
  return token
}

/** One of the gateways, as a browser or a client sees it. */
function at(name: GatewayName = 'gateway'): Site {
  return {
    tenant,
    async gateway(path, init = {}) {
      const response = await fetch(new URL(path, gateways.addresses[name]), { ...init, redirect: 'manual' })
      await watch(response)
      const { status } = response
      if (status >= 400)
        rejected.push({ method: init.method ?? 'GET', path: path.replace(/[?].*/, ''), status })
      return response
    },
  }
}

function ask(path: string, init: RequestInit = {}, name: GatewayName = 'gateway'): Promise<Response> {
  return at(name).gateway(path, init)
}

/** A request as it is: `fetch` would tidy its path, and say of itself that it opens no page. */
function askExactly(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = gateways.addresses.gateway
    httpRequest({ hostname, port, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => {
        const headers = Object.entries(answer.headers).map(([key, value]): [string, string] => [
          key,
          String(value),
        ])
        resolve(new Response(text, { status: answer.statusCode ?? 0, headers }))
      })
    })
      .on('error', reject)
      .end()
  })
}

const form = (
  body: string | URLSearchParams | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  body,
})

const good = (): Record<string, string> => ({
  grant_type: EXCHANGE,
  subject_token_type: ACCESS_TOKEN,
  subject_token: newToken(),
  audience: 'reports',
})

/** An exchange with changed parameters; one that is `undefined` is left out. */
function exchange(
  changed: Readonly<Record<string, string | undefined>> = {},
  name: GatewayName = 'gateway',
  headers: Record<string, string> = {},
): Promise<Response> {
  const given = Object.entries({ ...good(), ...changed }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return ask('/oauth/token', form(new URLSearchParams(given), headers), name)
}

const actor = (token: string): Record<string, string> => ({
  actor_token: token,
  actor_token_type: ACCESS_TOKEN,
})

/** A logout token of the tenant, for its first client. */
const newLogoutToken = (): string =>
  newToken({
    aud: tenant.clients[0]?.clientId,
    jti: 'logout-1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })

function logout(token: string, name: GatewayName = 'gateway'): Promise<Response> {
  return ask('/auth/backchannel-logout', form(new URLSearchParams({ logout_token: token })), name)
}

interface Key {
  readonly jwk: object
  readonly jkt: string
  readonly privateKey: CryptoKey
}

/** Of a client that proves it (RFC 9449). */
let key: Key

async function newKey(): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { jwk, jkt: await calculateJwkThumbprint(jwk), privateKey }
}

/** A good proof for a request with this token, but that it has no nonce. */
async function proofOf(token: string, method: string, path: string): Promise<string> {
  const ath = createHash('sha256').update(token).digest('base64url')
  const proof = await new SignJWT({ htm: method, htu: `${ORIGIN}${path}`, ath, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk })
    .setIssuedAt()
    .sign(key.privateKey)
  canaries.add(proof)
  return proof
}

async function withProof(path: string): Promise<Response> {
  const token = newToken({ cnf: { jkt: key.jkt } })
  const DPoP = await proofOf(token, 'GET', path)
  return ask(path, { headers: { Authorization: `DPoP ${token}`, DPoP } })
}

async function exchangeWithProof(): Promise<Response> {
  const token = newToken({ cnf: { jkt: key.jkt } })
  return exchange({ subject_token: token }, 'gateway', {
    DPoP: await proofOf(token, 'POST', '/oauth/token'),
  })
}

const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })

function password(fields: object | string, name: GatewayName = 'password realm'): Promise<Response> {
  const body = typeof fields === 'string' ? fields : JSON.stringify(fields)
  const headers = { 'Content-Type': 'application/json', 'X-Real-IP': '198.51.100.7' }
  return ask('/oauth/token', { method: 'POST', headers, body }, name)
}

async function loggedIn(name: GatewayName = 'gateway'): Promise<Browser> {
  const browser = new Browser(at(name))
  const response = await browser.logIn(alice)
  if (response.status !== 303) throw new Error(`no login: ${response.status}`)
  return browser
}

/** A callback whose address is changed on its way. */
async function callback(change: (parameters: URLSearchParams) => void): Promise<Response> {
  const browser = new Browser(at())
  const url = new URL(await browser.begin(alice), ORIGIN)
  canaries.add(url.searchParams.get('code') ?? '')
  change(url.searchParams)
  return browser.get(`${url.pathname}${url.search}`)
}

/** A session whose refresh token Auth0 took back: a code that is used twice ends all that came of it. */
async function withSpentRefreshToken(): Promise<Browser> {
  const browser = new Browser(at())
  const path = await browser.begin(alice)
  const copy = browser.login
  await browser.get(path)
  await withCookie(at(), path, ...copy)
  return browser
}

/** A callback whose login began eleven minutes ago: its state, as the gateway sealed it then (RFC 7516, RFC 5869). */
async function lateCallback(): Promise<string> {
  const [sessionSecret = ''] = gateways.secrets
  const info = 'sealgate seal login-state'
  const key = hkdfSync('sha256', Buffer.from(sessionSecret, 'base64url'), '', info, 32)
  const now = Math.floor(Date.now() / 1000)
  const sealed = await new EncryptJWT({ returnTo: '/', tries: 0, startedAt: now - 660 })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'sealgate-login-state' })
    .setExpirationTime(now + 600)
    .encrypt(new Uint8Array(key))
  return `/auth/callback?code=c&state=x.${sealed}`
}

/** What an approval is requested for. */
const ACT = { audience: 'reports', tool: 'delete', args: { id: 1 } }

/** A token for `reports` that `reports` itself holds as an actor. */
async function delegatedToken(): Promise<string> {
  const { access_token: token } = (await (await exchange()).json()) as { access_token: string }
  const told = await gateways.call('EXCHANGE', 'delegate', token, { audience: 'reports' })
  const { token: delegated } = (await told.json()) as { token: string }
  canaries.add(token).add(delegated)
  return delegated
}

/** Enterprise-managed authorization: an identity assertion for an access token (RFC 7523 §2.1). */
function grant(assertion: string): Promise<Response> {
  const parameters = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
    ...{ client_id: 'stranger', client_secret: 'secret' },
  }
  return ask('/oauth/token', form(new URLSearchParams(parameters)), 'with more issuers')
}

async function twice(act: () => Promise<Response>): Promise<Response> {
  await act()
  return act()
}

/** Each error of the gateway, and what makes it. */
const PROVOKED: readonly (readonly [kind: string, how: string, act: () => Promise<Response>])[] = [
  ['invalid_request', 'a body that is no form', () => ask('/oauth/token', { method: 'POST', body: 'a=b' })],
  [
    'invalid_request',
    'a multipart body',
    () => ask('/oauth/token', { method: 'POST', body: new FormData() }),
  ],
  ['invalid_request', 'no body', () => ask('/oauth/token', form(''))],
  ['invalid_request', 'a missing parameter', () => exchange({ subject_token: undefined })],
  ['invalid_request', 'an empty parameter', () => exchange({ subject_token_type: '' })],
  ['invalid_request', 'another type of token', () => exchange({ subject_token_type: `${ACCESS_TOKEN}s` })],
  [
    'invalid_request',
    'a repeated parameter',
    () => ask('/oauth/token', form(`${new URLSearchParams(good()).toString()}&audience=reports`)),
  ],
  [
    'invalid_request',
    'a body that is not UTF-8',
    () => ask('/oauth/token', form(new Uint8Array([0x61, 0x3d, 0xff]))),
  ],
  [
    'invalid_request',
    'two ways of authentication',
    () => exchange({ client_secret: 'x' }, 'gateway', { Authorization: 'Basic YTpi' }),
  ],
  ['invalid_request', 'an actor token without its type', () => exchange({ actor_token: 'x' })],
  ['invalid_request', 'a password body that is not JSON', () => password('{')],
  ['invalid_request', 'a password that is a number', () => password({ username: alice.email, password: 1 })],
  ['invalid_request', 'no password', () => password({ username: alice.email })],
  ['invalid_request', 'another site to return to', () => ask('/auth/login?returnTo=https://evil.test/')],
  ['request_too_large', 'a form of 1 MB', () => exchange({ subject_token: 'x'.repeat(1_000_000) })],
  ['request_too_large', 'JSON of 1 MB', () => password({ username: 'x'.repeat(1_000_000), password: 'x' })],
  ['invalid_subject_token', 'a token that is none', () => exchange({ subject_token: 'nonsense' })],
  [
    'invalid_subject_token',
    'one of another client',
    () => exchange({ subject_token: newToken({ azp: 'foreign' }) }),
  ],
  [
    'invalid_subject_token',
    'one that has ended',
    () => exchange({ subject_token: newToken({ exp: 1_000_000 }) }),
  ],
  ['invalid_actor_token', 'a token that is none', () => exchange(actor('nonsense'))],
  [
    'actor_not_allowed',
    'an actor whom nobody named',
    () => exchange(actor(newToken({ sub: 'bot@clients' }))),
  ],
  ['invalid_target', 'an unknown audience', () => exchange({ audience: 'nobody' })],
  ['invalid_target', 'a resource', () => exchange({ resource: 'https://api.example.com/' })],
  ['invalid_scope', 'more than is held', () => exchange({ scope: 'manage:users' })],
  ['unsupported_grant_type', 'a refresh token', () => exchange({ grant_type: 'refresh_token' })],
  [
    'invalid_client',
    'a client that is not known',
    () => exchange({}, 'gateway', { Authorization: 'Basic YTpi' }),
  ],
  [
    'client_not_allowed',
    'a client without audiences',
    () => exchange({ client_id: 'stranger', client_secret: 'secret' }, 'with a client'),
  ],
  [
    'unauthorized_client',
    'an entrypoint over a binding without props',
    () => gateways.call('WITHOUT_PROPS', 'verify', 'x', { audience: 'reports' }),
  ],
  [
    'approver_not_allowed',
    'an approval with a token that a service acts with',
    async () => gateways.call('EXCHANGE', 'approve', await delegatedToken(), ACT),
  ],
  ['no_proof', 'an approval with HS512', () => gateways.call('WITH_HS512', 'approve', 'x', ACT)],
  [
    'no_proof',
    'a receipt with HS512',
    () => gateways.call('WITH_HS512', 'receipt', 'x', { outcome: 'done' }),
  ],
  [
    'not_renewable',
    'a service without an offline grant',
    () => gateways.call('EXCHANGE', 'renew', 'x', { audience: 'reports' }),
  ],
  ['invalid_grant', 'an assertion that is none', () => grant('nonsense')],
  ['invalid_grant', 'an access token as an assertion', () => grant(newToken())],
  ['no_credentials', 'none', () => ask('/api/x')],
  [
    'no_credentials',
    'those of another scheme',
    () => ask('/api/x', { headers: { Authorization: 'Basic YTpi' } }),
  ],
  ['no_credentials', 'a token in the query', () => ask(`/api/x?access_token=${newToken()}`)],
  ['malformed_credentials', 'two', () => ask('/api/x', { headers: { Authorization: 'Bearer a, Bearer b' } })],
  [
    'proof_required',
    'a bound token without a proof',
    () => ask('/api/x', bearer(newToken({ cnf: { jkt: key.jkt } }))),
  ],
  [
    'invalid_dpop_proof',
    'a proof that is none',
    () => ask('/api/x', { headers: { Authorization: `DPoP ${newToken()}`, DPoP: 'nonsense' } }),
  ],
  ['use_dpop_nonce', 'a proof without a nonce', () => withProof('/api/x')],
  [
    'invalid_exchange_proof',
    'a bound subject token without a proof',
    () => exchange({ subject_token: newToken({ cnf: { jkt: key.jkt } }) }),
  ],
  ['use_exchange_nonce', 'a proof without a nonce', exchangeWithProof],
  ['invalid_token', 'one that is none', () => ask('/api/x', bearer('nonsense'))],
  ['insufficient_scope', 'a right that is not held', () => ask('/admin/x', bearer(newToken()))],
  ...[
    '/api/%2e%2e/admin/x',
    '/api/../admin/x',
    '/api/a%2fb',
    '/api//x',
    '/api/x;y',
    '/api/%00',
    '/api/%5cx',
    '/%61uth/profile',
  ].map((path) => ['bad_path', path, () => askExactly(path)] as const),
  ['not_found', 'no route', () => ask('/nothing')],
  ['not_found', 'a password realm that is off', () => password({ username: 'a', password: 'b' }, 'gateway')],
  ['not_found', 'a JWKS that is not public', () => ask('/.well-known/jwks.json')],
  ['not_found', 'metadata of another issuer', () => ask('/.well-known/oauth-authorization-server')],
  ['no_public_keys', 'a JWKS of secrets', () => ask('/.well-known/jwks.json', {}, 'with HS512')],
  ['method_not_allowed', 'GET where POST is', () => ask('/oauth/token')],
  ['method_not_allowed', 'DELETE on a route', () => ask('/api/x', { method: 'DELETE' })],
  ['service_failed', 'a service that does not respond in time', () => ask('/slow', bearer(newToken()))],
  ['no_session', 'no cookie', () => ask('/auth/profile')],
  [
    'no_session',
    'a cookie that is made up',
    () => withCookie(at(), '/auth/profile', 'sealgate-session', 'x.y.z.u.v'),
  ],
  [
    'no_session',
    'the cookie of another gateway',
    async () => {
      const cookie = (await loggedIn('with sessions in cookies')).cookie('sealgate-session')
      return withCookie(at(), '/auth/profile', 'sealgate-session', cookie)
    },
  ],
  [
    'session_expired',
    'a refresh token that Auth0 took back',
    async () => (await withSpentRefreshToken()).post('/auth/refresh'),
  ],
  [
    'session_lost',
    'a page without a session, right after a login to it',
    async () => {
      const browser = new Browser(at())
      await browser.logIn(alice, '/pages/x')
      const [done = ''] = [...browser.cookies.keys()].filter((name) => name.endsWith('-done'))
      const Cookie = `${done}=${browser.cookie(done)}`
      return askExactly('/pages/x', {
        Cookie,
        'Sec-Fetch-Mode': 'navigate',
        'Sec-Fetch-Dest': 'document',
      })
    },
  ],
  [
    'not_refreshable',
    'no refresh token',
    async () => (await loggedIn('with sessions in cookies')).post('/auth/refresh'),
  ],
  [
    'sessions_unavailable',
    'a Durable Object that fails',
    () => new Browser(at('without its sessions')).logIn(alice),
  ],
  [
    'session_too_large',
    'claims beyond a cookie',
    () => new Browser(at('with sessions in cookies')).logIn(longName),
  ],
  [
    'csrf',
    'a page of another site',
    async () => (await loggedIn()).post('/api/x', { Origin: 'https://evil.test' }),
  ],
  [
    'cookies_too_large',
    'a Cookie header of 9 KB',
    () => ask('/nothing', { headers: { Cookie: 'a'.repeat(9000) } }),
  ],
  ['method_unknown', 'PROPFIND', () => ask('/nothing', { method: 'PROPFIND' })],
  ['csrf', 'a logout from nowhere', async () => (await loggedIn()).post('/auth/logout', {})],
  ['invalid_logout_token', 'one that is none', () => logout('nonsense')],
  ['logout_impossible', 'sessions in cookies', () => logout(newLogoutToken(), 'with sessions in cookies')],
  [
    'login_failed',
    'another issuer',
    () => callback((parameters) => parameters.set('iss', 'https://evil.test/')),
  ],
  ['login_unknown', 'another state', () => callback((parameters) => parameters.set('state', 'another'))],
  ['login_unknown', 'no login under way', () => ask('/auth/callback?code=c&state=s')],
  [
    'login_unknown',
    'a login in another browser',
    async () => new Browser(at()).get(await new Browser(at()).begin(alice)),
  ],
  [
    'login_failed',
    'a callback that is replayed with the cookie of its login',
    async () => {
      const browser = new Browser(at())
      const path = await browser.begin(alice)
      const copy = browser.login
      await browser.get(path)
      return withCookie(at(), path, ...copy)
    },
  ],
  ['login_expired', 'a login of eleven minutes ago', async () => ask(await lateCallback())],
  ['login_denied', 'a blocked user', () => new Browser(at()).logIn(mallory)],
  ['rate_limited', 'the second request', () => twice(() => exchange({}, 'limited'))],
  [
    'limiter_unavailable',
    'a limiter that fails',
    () => password({ username: 'a', password: 'b' }, 'without its limiter'),
  ],
  ...(['down', 'html'] as const).map(
    (fault) =>
      [
        'auth0_failed',
        `Auth0 is ${fault}`,
        () => {
          tenant.control[fault](fault === 'down' ? 500 : 200, '/oauth/token')
          return password({ username: alice.email, password: alice.password })
        },
      ] as const,
  ),
  [
    'auth0_failed',
    'half an answer',
    () => {
      tenant.control.truncated('/oauth/token')
      return password({ username: alice.email, password: alice.password })
    },
  ],
  [
    'auth0_unavailable',
    'Auth0 hangs up',
    () => {
      tenant.control.hangUp('/oauth/token')
      return password({ username: alice.email, password: alice.password })
    },
  ],
  [
    'auth0_unavailable',
    'Auth0 has had enough of us',
    async () => {
      const browser = await loggedIn()
      tenant.control.down(429, '/oauth/token')
      return browser.post('/auth/refresh')
    },
  ],
  [
    'issuer_unavailable',
    'another issuer whose keys cannot be had',
    () => exchange({ subject_token: newToken({ iss: UNREACHABLE_ISSUER }) }, 'with more issuers'),
  ],
  ['revocation_unavailable', 'a deny-list that fails', () => exchange({}, 'without its deny-list')],
  [
    'claims_unavailable',
    'a hook that throws',
    () => exchange({ subject_token: newToken({ name: 'throws' }) }, 'with a hook that fails'),
  ],
  [
    'claims_invalid',
    'a hook that gives no JSON',
    () => exchange({ subject_token: newToken({ name: 'no JSON' }) }, 'with a hook that fails'),
  ],
  ['not_ready', 'a variable that is missing', () => ask('/ready', {}, 'misconfigured')],
  ['no_signing_key', 'a slot of tomorrow', () => ask('/ready', {}, 'without a key that may sign')],
  ['misconfigured', 'a variable that is missing', () => ask('/api/x', {}, 'misconfigured')],
  ['not_ready', 'the same, asked whether it is ready', () => ask('/ready', {}, 'misconfigured')],
  ['no_signing_key', 'a key that is not active yet', () => ask('/ready', {}, 'without a key that may sign')],
  ['revocation_unavailable', 'no deny-list, at /ready', () => ask('/ready', {}, 'without its deny-list')],
  ['sessions_unavailable', 'no sessions, at /ready', () => ask('/ready', {}, 'without its sessions')],
  ['internal', 'a token that would be too large', () => exchange({}, 'with a name beyond a token')],
]

/** What only services are told, over a binding. */
const OVER_RPC = new Set(['unauthorized_client', 'approver_not_allowed', 'no_proof', 'not_renewable'])

/** The kit maps it for whoever has keys elsewhere: this gateway signs with its own, and Auth0's are Auth0's outage. */
const NEVER = ['keys_unavailable']

/** A row of docs/reference/errors.md: what a kind is on the wire. */
interface Row {
  readonly status: number
  readonly error: string
  readonly source: string
}

const documented = new Map(
  [
    ...readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8').matchAll(
      /^\| `(\w+)` \| (\d{3}) `(\w+)`( \(auth0\))? \|/gm,
    ),
  ].map(([, kind = '', status, error = '', source]): [string, Row] => [
    kind,
    { status: Number(status), error, source: source === undefined ? 'gateway' : 'auth0' },
  ]),
)

describe('over HTTP, from real Workers', () => {
  it.each(PROVOKED)('%s: %s', async (kind, _, act) => {
    const response = await act()
    const row = documented.get(kind)
    const body = (await response.json()) as { error: string; request_id?: string }
    expect({ status: response.status, error: body.error }).toEqual({ status: row?.status, error: row?.error })
    // An entrypoint tells its caller a code alone.
    if (OVER_RPC.has(kind)) {
      await expect.poll(gateways.log).toMatch(new RegExp(`reason: '${kind}'`))
      return
    }
    expect(Object.keys(body)).toEqual(['error', 'error_description', 'source', 'request_id'])
    expect(body).toMatchObject({ source: row?.source, request_id: response.headers.get('X-Request-Id') })
    expect(response.headers.get('X-Error-Source')).toBe(row?.source)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.has('Retry-After')).toBe(
      [429, 502, 503].includes(response.status) && kind !== 'service_failed',
    )
    expect(response.headers.has('WWW-Authenticate')).toBe(
      response.status === 401 || kind === 'malformed_credentials' || kind === 'insufficient_scope',
    )
    // The caller is told the row; which row it was, the log says.
    await expect
      .poll(() =>
        gateways
          .log()
          .split('\n{')
          .find((line) => line.includes(String(body.request_id))),
      )
      .toMatch(new RegExp(`reason: '${kind}'`))
  })

  it('there is no row that was not provoked', () => {
    const source = readFileSync(join(ROOT, 'packages/gateway/src/errors.ts'), 'utf8')
    const table = source.slice(source.indexOf('const ERRORS = {'), source.indexOf('} as const'))
    const kinds = [...table.matchAll(/^ {2}(\w+): row\(/gm)].map(([, kind = '']) => kind)
    expect(kinds.length).toBeGreaterThan(30)
    const provoked = new Set(PROVOKED.map(([kind]) => kind))
    expect(kinds.filter((kind) => !provoked.has(kind))).toEqual(NEVER)
    expect([...documented.keys()].sort()).toEqual([...kinds].sort())
  })
})

it('each rejection of a route is in the OpenAPI document', async () => {
  type Operations = Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>
  const document = (await (await ask('/openapi.json')).json()) as {
    readonly paths: Readonly<Record<string, Operations>>
  }
  // What has no route has no operation, nor has a method that is not there; a fault of ours is "any other error".
  const expected = rejected.filter(
    ({ path, status }) => path !== '/nothing' && status !== 405 && status !== 500,
  )
  expect(expected.length).toBeGreaterThan(50)
  const missing = expected.filter(({ method, path, status }) => {
    const operations =
      document.paths[path] ?? document.paths[`${path.slice(0, path.lastIndexOf('/') + 1)}{rest}`]
    return operations?.[method.toLowerCase()]?.responses[status] === undefined
  })
  expect(missing).toEqual([])
})

it('no secret, token, code, cookie or personal datum is in a log line, an error or an address', () => {
  expect(canaries.size).toBeGreaterThan(30)
  expect(told.length).toBeGreaterThan(60)
  const places = { 'a log line': [gateways.log()], 'an error or address': told }
  const found = Object.entries(places).flatMap(([place, texts]) =>
    [...canaries]
      .filter((canary) => texts.some((text) => text.includes(canary)))
      .map((canary) => [place, canary]),
  )
  expect(found).toEqual([])
})

it('who the caller is says the token, never the caller', async () => {
  const headers = { Authorization: `Bearer ${newToken()}`, 'X-User-ID': 'auth0|root' }
  expect(await (await ask('/api/x', { headers })).json()).toEqual({ userId: alice.sub })
})
