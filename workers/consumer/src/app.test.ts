import { createTestIssuer, type TestClaims, type TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { app } from './app.ts'

let issuer: TestIssuer
const logged = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})
beforeEach(() => logged.mockClear())

async function call(path: string, claims?: TestClaims, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (claims) headers.set('Authorization', `Bearer ${await issuer.token(claims)}`)
  return app.request(path, { ...init, headers }, issuer.env)
}

const rename = { method: 'PUT', body: JSON.stringify({ displayName: 'Ada' }) }

/** One row a promise of the product's example rules. */
const RULES: [who: string, path: string, claims: TestClaims, status: number, init?: RequestInit][] = [
  ['any verified caller', '/secure', { kind: 'user' }, 200],
  ['an anonymous caller', '/secure', { sub: 'anon:1', kind: 'anonymous' }, 401],
  ['an anonymous caller', '/whoami', { sub: 'anon:1', kind: 'anonymous' }, 200],
  ['an analyst who may read reports', '/reports', { permissions: ['read:reports'], roles: ['analyst'] }, 200],
  ['an admin who may read reports', '/reports', { permissions: ['read:reports'], roles: ['admin'] }, 200],
  ['an analyst without the permission', '/reports', { roles: ['analyst'] }, 403],
  ['a reader without the role', '/reports', { permissions: ['read:reports'] }, 403],
  ['an admin', '/admin/users', { roles: ['admin'] }, 200],
  ['an analyst', '/admin/users', { roles: ['analyst'] }, 403],
  ['an analyst, on a path that is not there', '/admin/nothing', { roles: ['analyst'] }, 403],
  ['the owner', '/profile/auth0|ada', { sub: 'auth0|ada', kind: 'user' }, 200, rename],
  ['an admin', '/profile/auth0|ada', { sub: 'auth0|eve', kind: 'user', roles: ['admin'] }, 200, rename],
  ['somebody else', '/profile/auth0|ada', { sub: 'auth0|eve', kind: 'user' }, 403, rename],
  ['a machine of that name', '/profile/ada@clients', { sub: 'ada@clients', kind: 'machine' }, 403, rename],
  ['a premium caller', '/secret-data', { permissions: ['read:secret-data'], roles: ['premium'] }, 200],
  ['a caller without the role', '/secret-data', { permissions: ['read:secret-data'] }, 403],
]

describe.each(['', '/api'])('the example rules, mounted at "%s"', (prefix) => {
  it.each(RULES)('%s at %s', async (_, path, claims, status, init) => {
    const response = await call(prefix + path, claims, init)
    expect(response.status).toBe(status)
    const challenge = response.headers.get('WWW-Authenticate')
    if (status === 200) expect(challenge).toBeNull()
    else expect(challenge).toContain(status === 403 ? 'insufficient_scope' : 'invalid_token')
  })
})

it('says who the caller is', async () => {
  const act = { iss: 'https://issuer.test', sub: 'gateway' }
  const response = await call('/whoami', { sub: 'auth0|ada', kind: 'user', roles: ['admin'], act })
  expect(await response.json()).toEqual({
    sub: 'auth0|ada',
    kind: 'user',
    permissions: [],
    roles: ['admin'],
    actor: act,
  })
})

it('answers a caller without credentials with a bare challenge', async () => {
  const response = await call('/secure')
  expect(response.status).toBe(401)
  expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
})

it('responds with 503 while it has no keys, and 401 for a forged token once it has', async () => {
  const other = await createTestIssuer({ audience: 'reports' })
  const forged = { headers: { Authorization: `Bearer ${await other.forged()}` } }
  other.break()
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const down = await app.request('/secure', forged, other.env)
  expect(down.status).toBe(503)
  expect(Number(down.headers.get('Retry-After'))).toBeGreaterThan(0)

  const up = await createTestIssuer({ audience: 'reports' })
  const headers = { Authorization: `Bearer ${await up.forged()}` }
  expect((await app.request('/secure', { headers }, up.env)).status).toBe(401)
})

it('rejects a profile that is no JSON, and one without a name', async () => {
  for (const body of ['', 'nonsense', '[]', '{"displayName":""}', '{"displayName":7}']) {
    const response = await call('/profile/me', { sub: 'me' }, { method: 'PUT', body })
    expect(response.status).toBe(400)
  }
})

it('logs why it rejected, and no token', async () => {
  const token = await issuer.expired()
  // A second of its own: an isolate logs so many lines in one.
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 5000)
  await app.request('/secure', { headers: { Authorization: `Bearer ${token}` } }, issuer.env)
  clock.mockRestore()
  expect(logged).toHaveBeenCalledWith(
    expect.objectContaining({ event: 'decision', status: 401, reason: 'expired' }),
  )
  expect(JSON.stringify(logged.mock.calls)).not.toContain(token.slice(0, 20))
})

it('names the variable that is missing, in the log alone', async () => {
  const failed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const response = await app.request('/secure', {}, { ...issuer.env, JWT_AUD: '' })
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('JWT_AUD')
  expect(JSON.stringify(failed.mock.calls)).toContain('JWT_AUD')
})

describe('an error', () => {
  const named = { headers: { 'X-Request-Id': 'a1b2c3d4' } }
  it.each([
    ['of nobody', '/secure', undefined, 401, named],
    ['of a rule', '/secret-data', { sub: 'ada' }, 403, named],
    ['of a path', '/nothing', undefined, 404, named],
    [
      'of a body',
      '/profile/ada',
      { sub: 'ada', kind: 'user' },
      400,
      { ...named, method: 'PUT', body: 'no JSON' },
    ],
    ['of a socket', '/echo', { sub: 'ada' }, 426, named],
  ] as const)('%s names its request', async (_, path, claims, status, init) => {
    const response = await call(path, claims, init)
    expect([response.status, response.headers.get('X-Request-Id')]).toEqual([status, 'a1b2c3d4'])
    expect(await response.json()).toMatchObject({ request_id: 'a1b2c3d4' })
  })
})
