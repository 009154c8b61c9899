import { Hono, type MiddlewareHandler } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import type { Decision } from '../http/decision.ts'
import { policy } from '../policy/builder.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import { cookie, type Credential, header } from './credential.ts'
import { guard } from './middleware.ts'
import type { GuardOptions } from './middleware-by.ts'
import { guard as verifyGuard } from './verifier-middleware.ts'

const ORIGIN = 'https://reports.test'
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

let issuer: TestIssuer
let token: string

beforeAll(async () => {
  issuer = await createTestIssuer()
  token = await issuer.token({ sub: 'ada', permissions: ['read'] })
})

type Headers = Readonly<Record<string, string>>

interface Outcome {
  readonly status: number
  readonly text: string
  readonly reason: string | undefined
  readonly detail: string | undefined
}

/** What the guard of an app decides: the status, the caller, and the reason of a denial. */
async function decide(
  options: GuardOptions,
  headers: Headers,
  method = 'GET',
  make: typeof guard = guard,
): Promise<Outcome> {
  let decision: Decision | undefined
  const handler: MiddlewareHandler = make(policy().needAll('read'), {
    ...options,
    onDecision: (one) => (decision = one),
  })
  const app = new Hono<{ Variables: { auth: { sub: string } | undefined } }>()
  app.all('/', handler, (c) => c.text(c.var.auth?.sub ?? 'guest'))
  const response = await app.request(`${ORIGIN}/`, { method, headers }, issuer.env)
  return {
    status: response.status,
    text: await response.text(),
    ...(decision?.granted === false
      ? { reason: decision.reason, detail: decision.detail }
      : { reason: undefined, detail: undefined }),
  }
}

const inHeader: GuardOptions = { credential: header('X-Token') }
const inCookie: GuardOptions = { credential: cookie('__Host-token') }
const cookies = (value = token): Headers => ({ Cookie: `theme=dark; __Host-token=${value}` })

describe('a token in a header of its own', () => {
  it('is taken from there, by both guards', async () => {
    const headers = { 'X-Token': token }
    expect(await decide(inHeader, headers)).toMatchObject({ status: 200, text: 'ada' })
    const verified = await decide(inHeader, headers, 'GET', verifyGuard as typeof guard)
    expect(verified).toMatchObject({ status: 200, text: 'ada' })
    expect(await decide({ credential: header('x-token') }, headers, 'POST')).toMatchObject({
      status: 200,
    })
  })

  it.each<[string, () => Headers | Promise<Headers>, number, string]>([
    ['is missing', () => ({}), 401, 'no_credentials'],
    ['is empty', () => ({ 'X-Token': '' }), 401, 'no_credentials'],
    ['stands in Authorization alone', () => ({ Authorization: `Bearer ${token}` }), 401, 'no_credentials'],
    ['stands in a cookie', () => ({ Cookie: `X-Token=${token}` }), 401, 'no_credentials'],
    ['came twice', () => ({ 'X-Token': `${token}, ${token}` }), 401, 'malformed'],
    ['has a scheme before it', () => ({ 'X-Token': `Bearer ${token}` }), 401, 'malformed'],
    ['has quotes around it', () => ({ 'X-Token': `"${token}"` }), 401, 'malformed'],
    ['is forged', async () => ({ 'X-Token': await issuer.forged() }), 401, 'bad_signature'],
    ['has ended', async () => ({ 'X-Token': await issuer.expired() }), 401, 'expired'],
    ['lacks a right', async () => ({ 'X-Token': await issuer.token() }), 403, 'insufficient_rights'],
  ])('is denied when it %s', async (_, headers, status, reason) => {
    expect(await decide(inHeader, await headers())).toMatchObject({ status, reason })
  })

  it('is not for a browser to send by itself: other sites need not be kept out', async () => {
    const headers = { 'X-Token': token, Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' }
    expect(await decide(inHeader, headers, 'POST')).toMatchObject({ status: 200 })
  })
})

describe('a token in a cookie', () => {
  it('is taken from there, and from nowhere else', async () => {
    expect(await decide(inCookie, cookies())).toMatchObject({ status: 200, text: 'ada' })
    const verified = await decide(inCookie, cookies(), 'GET', verifyGuard as typeof guard)
    expect(verified).toMatchObject({ status: 200, text: 'ada' })
    const both = { ...cookies(), Authorization: 'Bearer nonsense' }
    expect(await decide(inCookie, both)).toMatchObject({ status: 200, text: 'ada' })
    const header = { Authorization: `Bearer ${token}` }
    expect(await decide(inCookie, header)).toMatchObject({ status: 401, reason: 'no_credentials' })
  })

  it.each<[string, () => Headers, number, string]>([
    ['another name', () => ({ Cookie: `token=${token}` }), 401, 'no_credentials'],
    ['a name in other letters', () => ({ Cookie: `__host-token=${token}` }), 401, 'no_credentials'],
    ['a name with a space', () => ({ Cookie: `__Host-token =${token}` }), 401, 'no_credentials'],
    [
      'a name with what looks like a space',
      () => ({ Cookie: `\u00a0__Host-token=${token}` }),
      401,
      'no_credentials',
    ],
    ['no name', () => ({ Cookie: `=__Host-token=${token}` }), 401, 'no_credentials'],
    ['no value', () => ({ Cookie: '__Host-token=' }), 401, 'no_credentials'],
    ['two values', () => ({ Cookie: `__Host-token=${token}; __Host-token=x` }), 400, 'malformed_credentials'],
    [
      'an empty one before it',
      () => ({ Cookie: `__Host-token=; __Host-token=${token}` }),
      400,
      'malformed_credentials',
    ],
    ['a value with a quote', () => ({ Cookie: `__Host-token="${token}"` }), 401, 'malformed'],
    ['a value that is no token', () => ({ Cookie: '__Host-token=a.b.c' }), 401, 'malformed'],
  ])('with %s is none that counts', async (_, headers, status, reason) => {
    expect(await decide(inCookie, headers())).toMatchObject({ status, reason })
  })

  it.each(METHODS)('of a page of another site does nothing: %s', async (method) => {
    for (const from of [
      { Origin: 'https://evil.test' },
      { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'same-origin' },
      { Origin: 'https://sibling.reports.test', 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'http://reports.test' },
      { Origin: 'https://reports.test:8443' },
      { Origin: 'https://reports.test.evil.test' },
      { Origin: 'null' },
      { Origin: '' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      {},
    ]) {
      const denied = await decide(inCookie, { ...cookies(), ...(from as Headers) }, method)
      expect(denied, JSON.stringify(from)).toMatchObject({ status: 403, reason: 'cross_site' })
      expect(JSON.parse(denied.text)).toMatchObject({ error: 'csrf' })
    }
    for (const from of [{ Origin: ORIGIN }, { 'Sec-Fetch-Site': 'same-origin' }]) {
      expect(await decide(inCookie, { ...cookies(), ...(from as Headers) }, method)).toMatchObject({
        status: 200,
      })
    }
  })

  it('opens no WebSocket for a page of another site', async () => {
    const upgrade = { ...cookies(), Upgrade: 'websocket', Connection: 'Upgrade' }
    for (const from of [{ Origin: 'https://evil.test' }, { 'Sec-Fetch-Site': 'none' }, {}]) {
      expect(await decide(inCookie, { ...upgrade, ...(from as Headers) })).toMatchObject({
        reason: 'cross_site',
      })
    }
    expect(await decide(inCookie, { ...upgrade, Origin: ORIGIN })).toMatchObject({ status: 200 })
  })

  it.each<[string, Headers, number]>([
    [
      'by a link of another site',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
      200,
    ],
    ['by a page of its own', { 'Sec-Fetch-Site': 'same-origin' }, 200],
    ['by a client that says nothing', {}, 200],
    [
      'by a frame of another site',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
      403,
    ],
    [
      'by a script of another site',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' },
      403,
    ],
    [
      'by an image of a sibling',
      { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
      403,
    ],
  ])('is read %s: %i', async (_, from, status) => {
    expect((await decide(inCookie, { ...cookies(), ...from })).status).toBe(status)
  })

  it('that is bad is not taken for none, nor is one of another site', async () => {
    const optional = { ...inCookie, optional: true } as const
    expect(await decide(optional, {})).toMatchObject({ status: 200, text: 'guest' })
    expect((await decide(optional, cookies('a.b.c'))).status).toBe(401)
    expect(await decide(optional, { ...cookies(), Origin: 'https://evil.test' }, 'POST')).toMatchObject({
      reason: 'cross_site',
    })
  })

  it('is named in the log when it is denied, but not its value', async () => {
    const twice = { Cookie: `__Host-token=${token}; __Host-token=x` }
    expect(await decide(inCookie, twice)).toMatchObject({ detail: 'there are two cookies __Host-token' })
    expect(await decide(inCookie, { ...cookies(), Origin: 'https://evil.test' }, 'POST')).toMatchObject({
      detail: 'a page of another origin sent the cookie __Host-token',
    })
  })

  it('names its caller as any: an X-User-ID that differs is denied', async () => {
    const headers = { ...cookies(), 'X-User-ID': 'root' }
    expect(await decide(inCookie, headers)).toMatchObject({ status: 400, reason: 'identity_mismatch' })
  })
})

describe('the place of a token', () => {
  it.each<[string, () => Credential, string]>([
    ['Authorization, where it is anyway', () => header('Authorization'), 'header'],
    ['the whole Cookie header', () => header('cookie'), 'header'],
    ['a header without a name', () => header(''), 'header'],
    ['a header with a line break', () => header('X-Token\r\nX: 1'), 'header'],
    ['a header with a space', () => header('X Token'), 'header'],
    ['a header that nobody names', () => header(undefined as never), 'header'],
    ['a cookie without a name', () => cookie(''), 'cookie'],
    ['a cookie with a delimiter', () => cookie('a=b'), 'cookie'],
    ['two cookies', () => cookie('a;b'), 'cookie'],
    ['a cookie that nobody names', () => cookie(undefined as never), 'cookie'],
  ])('cannot be %s', (_, make, name) => {
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(new RegExp(`^${name} accepts the name of a ${name}: ${name}\\('`))
  })

  it.each<[string, unknown]>([
    ['is a function that was not called', header],
    ['is an object', { header: 'X-Token' }],
  ])('lets nobody through when it %s', async (_, credential) => {
    const wrong = { credential: credential as Credential }
    const headers = { 'X-Token': token, Authorization: `Bearer ${token}` }
    expect(await decide(wrong, headers)).toMatchObject({ status: 500 })
    expect(await decide({ ...wrong, optional: true }, {})).toMatchObject({ status: 500 })
  })

  it('is Authorization unless something else is said', async () => {
    const headers = {
      Authorization: `Bearer ${token}`,
      'X-Token': 'nonsense',
      Cookie: '__Host-token=nonsense',
    }
    expect(await decide({}, headers)).toMatchObject({ status: 200, text: 'ada' })
    expect(await decide({}, { 'X-Token': token })).toMatchObject({ reason: 'no_credentials' })
  })
})
