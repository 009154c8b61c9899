import { type Kit, makeKit, parse } from '@sealgate/kit'
import { base64url, calculateJwkThumbprint, type JWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CookieStore } from '../session/cookie-store.ts'
import { CookieEncryption } from '../session/encryption.ts'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  memoryKv,
  newSlot,
  type RecordingService,
  recordingService,
} from '../testing/fixtures.ts'
import { app, gatewayOf } from '../testing/test-gateway.ts'

/** The gateway's own kit: it knows of its revocations at once, another one within 30 s. */
async function kitOf(on: Record<string, unknown>): Promise<Kit> {
  return (await gatewayOf(on)).kitFor('reports')
}

/**
 * The cells of "How each credential lives on" (docs/reference/security.md) that a gateway decides. Those that a service
 * decides are in test/security/credential-lifetimes.test.ts.
 */
const ORIGIN = 'https://app.test'
const SECRET = new Uint8Array(32).fill(9)
catchLogs()

let auth0: FakeAuth0
let slot: string
let service: RecordingService
let env: Record<string, unknown>

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    return url.endsWith('/jwks.json') ? auth0.fetch(input, init) : Promise.resolve(new Response())
  })
  service = recordingService()
  env = gatewayEnv({
    BASE_URL: ORIGIN,
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: memoryKv(),
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'client-secret',
    SESSION_SECRET: base64url.encode(SECRET),
    SESSION_STORE: 'cookie',
    CONSUMER: service,
  })
})

/** The `Cookie` header of a user whose session is in its cookie. */
async function cookie(secondsLeft = 3600): Promise<string> {
  const now = (): number => Date.now() / 1000
  const client = { userinfo: () => Promise.reject(new Error('not asked')) }
  const { value } = await new CookieStore(client, new CookieEncryption([SECRET]), now).create({
    claims: { sub: 'auth0|alice', nonce: 'n' },
    accessToken: await auth0.token(),
    expiresAt: now() + secondsLeft,
    refreshToken: undefined,
    authTime: now() - 10,
  })
  return `__Host-sealgate-session=${value}`
}

const get = (path: string, headers: Readonly<Record<string, string>>, on = env): Promise<Response> =>
  Promise.resolve(app.request(`${ORIGIN}${path}`, { headers }, on))

async function exchanged(form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'reports',
    ...form,
  })
  return app.request(`${ORIGIN}/oauth/token`, { method: 'POST', body }, env)
}

/** How the service takes what it was sent. */
const verdictOn = async (token: string): Promise<unknown> => {
  const result = await makeKit({ ...env, JWT_AUD: 'reports' }).safeVerify(token, { aud: 'reports' })
  return result.ok ? 'good' : result.reason
}

describe('a session in its cookie', () => {
  it('ends with its user: the next request is 401 and takes the cookie away', async () => {
    const Cookie = await cookie()
    expect((await get('/api/x', { Cookie })).status).toBe(200)
    await (await kitOf(env)).revoke({ sub: 'auth0|alice' })
    await expectError(await get('/api/x', { Cookie }), 401, 'session_expired')
  })

  it('goes on when one token issued from it is revoked: the next is another', async () => {
    const Cookie = await cookie()
    await get('/api/x', { Cookie })
    const first = service.token()
    await (await kitOf(env)).revoke({ jti: String(parse(first).payload.jti) })
    expect((await get('/api/x', { Cookie })).status).toBe(200)
    expect(service.received[1]?.headers.get('Authorization')).not.toBe(`Bearer ${first}`)
    expect(await verdictOn(first)).toBe('revoked')
  })

  it('goes on when the key that signs is retired: what is issued comes from the next one', async () => {
    const Cookie = await cookie()
    await get('/api/x', { Cookie })
    const later = { ...env, SLOT_A: await newSlot('slot-b') }
    expect((await get('/api/x', { Cookie }, later)).status).toBe(200)
    const kids = service.received.map(
      ({ headers }) => parse(String(headers.get('Authorization')).slice(7)).header.kid,
    )
    expect(kids).toEqual(['slot-a', 'slot-b'])
  })

  it('ends with the secret that encrypted it', async () => {
    const Cookie = await cookie()
    const later = { ...env, SESSION_SECRET: base64url.encode(new Uint8Array(32).fill(7)) }
    expect((await get('/api/x', { Cookie }, later)).status).toBe(401)
  })

  it('is taken from the browser by a logout; elsewhere a copy of it lives on until its token ends', async () => {
    const Cookie = await cookie()
    const init = { method: 'POST', headers: { Cookie, Origin: ORIGIN } }
    const logout = await app.request(`${ORIGIN}/auth/logout`, init, env)
    expect(logout.headers.getSetCookie().join()).toMatch(/__Host-sealgate-session=;.*Max-Age=0/)
    expect((await get('/api/x', { Cookie })).status, 'where it logged out').toBe(401)
    expect((await get('/api/x', { Cookie }, { ...env })).status, 'in another isolate').toBe(200)
    expect((await get('/api/x', { Cookie: await cookie(-1) })).status).toBe(401)
  })
})

it('what was issued from a session outlives its logout, by no more than its own lifetime', async () => {
  const Cookie = await cookie()
  await get('/api/x', { Cookie })
  const init = { method: 'POST', headers: { Cookie, Origin: ORIGIN } }
  await app.request(`${ORIGIN}/auth/logout`, init, env)
  expect(await verdictOn(service.token())).toBe('good')
  const { iat, exp } = parse(service.token()).payload
  expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(900)
})

describe('a token of Auth0', () => {
  it('knows no jti of ours: its user is what is revoked', async () => {
    const subject = await auth0.token({ jti: 'of-auth0' })
    await (await kitOf(env)).revoke({ jti: 'of-auth0' })
    expect((await exchanged({ subject_token: subject })).status).toBe(200)
    await (await kitOf(env)).revoke({ sub: 'auth0|alice' })
    await expectError(await exchanged({ subject_token: subject }), 400, 'invalid_request')
    await expectError(await get('/api/x', { Authorization: `Bearer ${subject}` }), 401, 'invalid_token')
  })
})

describe('an actor token', () => {
  it('bounds what is issued with it, and its revocation ends that too', async () => {
    const exp = Math.floor(Date.now() / 1000) + 120
    const form = {
      subject_token: await auth0.token(),
      actor_token: await auth0.token({ sub: 'bot@clients', azp: 'm2m', exp }),
      actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    const response = await exchanged(form)
    const { access_token: token }: { access_token: string } = await response.json()
    expect(parse(token).payload.exp).toBe(exp)
    await (await kitOf(env)).revoke({ sub: 'bot@clients' })
    await expectError(await exchanged(form), 400, 'invalid_request')
    expect(await verdictOn(token)).toBe('revoked')
  })
})

describe('the cache of issued tokens', () => {
  it('uses a token of a revoked key no more once its slot was overwritten; before, services reject it', async () => {
    const headers = { Authorization: `Bearer ${await auth0.token()}` }
    await get('/api/x', headers)
    const first = service.token()
    await (await kitOf(env)).revoke({ thumbprint: await calculateJwkThumbprint(JSON.parse(slot) as JWK) })
    expect(await verdictOn(first)).toBe('revoked')
    const later = { ...env, SLOT_A: await newSlot('slot-b') }
    await get('/api/x', headers, later)
    expect(service.received[1]?.headers.get('Authorization')).not.toBe(`Bearer ${first}`)
  })
})
