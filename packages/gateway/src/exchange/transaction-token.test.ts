import { makeKit } from '@sealgate/kit'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  catchLogs,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  newSlot,
} from '../testing/fixtures.ts'
import { Exchange, app } from '../testing/test-gateway.ts'

let auth0: FakeAuth0
let env: Record<string, unknown>
catchLogs()

const TXN_TOKEN = 'urn:ietf:params:oauth:token-type:txn_token'

beforeAll(async () => {
  auth0 = await fakeAuth0()
  const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('s3cret')))]
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    EXCHANGE_CLIENTS: { orders: hash.map((byte) => byte.toString(16).padStart(2, '0')).join('') },
    CLIENTS: { orders: { audiences: ['reports', 'archive'] } },
    EXCHANGE_PUBLIC: true,
  })
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
})

async function ask(change: Record<string, string | undefined> = {}): Promise<Response> {
  const parameters: Record<string, string | undefined> = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await auth0.token(),
    requested_token_type: TXN_TOKEN,
    audience: 'reports',
    scope: 'read:reports export:reports',
    request_details: '{"order":"o-17","amount":12}',
    request_context: '{"channel":"web"}',
    client_id: 'orders',
    client_secret: 's3cret',
    ...change,
  }
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  )
  const body = new URLSearchParams(given)
  return app.request('https://gateway.test/oauth/token', { method: 'POST', body }, env)
}

async function transactionToken(): Promise<string> {
  const { access_token: token }: { access_token: string } = await (await ask()).json()
  return token
}

const consumer = (): ReturnType<typeof makeKit> => makeKit({ ...env, JWT_AUD: 'reports' })

describe('a transaction token', () => {
  it('has the claims of the draft, and is no bearer token', async () => {
    const response = await ask()
    const body: { access_token: string } = await response.json()
    expect(body).toMatchObject({
      issued_token_type: TXN_TOKEN,
      token_type: 'N_A',
      expires_in: 300,
      scope: 'read:reports export:reports',
    })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(decodeProtectedHeader(body.access_token)).toMatchObject({ typ: 'txntoken+jwt', alg: 'EdDSA' })
    const claims = decodeJwt(body.access_token)
    expect(claims).toMatchObject({
      aud: 'reports',
      sub: 'auth0|alice',
      txn: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      scope: 'read:reports export:reports',
      req_wl: 'orders',
      tctx: { order: 'o-17', amount: 12 },
      rctx: { channel: 'web' },
    })
    expect(claims.email).toBeUndefined()
  })

  it('is verified by the kit with its typ, and never as an access token', async () => {
    const token = await transactionToken()
    expect(await consumer().verify(token, { typ: 'txntoken+jwt' })).toMatchObject({ sub: 'auth0|alice' })
    expect(await consumer().safeVerify(token)).toMatchObject({ ok: false, reason: 'wrong_type' })
    const policy = consumer().policy().base({ typ: 'txntoken+jwt' }).needAll('read:reports')
    expect(await consumer().checkAuth(token, policy)).toMatchObject({ sub: 'auth0|alice' })
  })

  it.each<[string, Record<string, string | undefined>, number, string]>([
    [
      'a workload that is not authenticated',
      { client_id: undefined, client_secret: undefined },
      401,
      'invalid_client',
    ],
    ['no scope', { scope: undefined }, 400, 'invalid_request'],
    ['a scope that is not held', { scope: 'delete:everything' }, 400, 'invalid_scope'],
    ['an unknown trust domain', { audience: 'elsewhere' }, 400, 'invalid_target'],
    ['details that are no JSON', { request_details: '{' }, 400, 'invalid_request'],
    ['details that are a list', { request_details: '[1]' }, 400, 'invalid_request'],
    ['a context of 3 KB', { request_context: `{"a":"${'x'.repeat(3000)}"}` }, 400, 'invalid_request'],
    [
      'more than fits into a token',
      { request_details: `{"a":"${'名'.repeat(2000)}"}`, request_context: `{"a":"${'名'.repeat(2000)}"}` },
      400,
      'invalid_request',
    ],
    [
      'a refresh token as the subject',
      { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      400,
      'invalid_request',
    ],
  ])('is not given for %s', async (_, change, status, error) => {
    await expectError(await ask(change), status, error)
  })

  it('ends with the subject token', async () => {
    const now = Math.floor(Date.now() / 1000)
    const response = await ask({ subject_token: await auth0.token({ exp: now + 60 }) })
    const { expires_in: lifetime }: { expires_in: number } = await response.json()
    expect(lifetime).toBeLessThanOrEqual(60)
  })
})

describe('a replacement', () => {
  function exchange(service: string): InstanceType<typeof Exchange> {
    const context = {
      props: { service },
      waitUntil: () => undefined,
      passThroughOnException: () => undefined,
    }
    return new Exchange(context as unknown as ExecutionContext, env)
  }

  it('keeps transaction, subject, audience and details, and narrows the scope', async () => {
    const token = await transactionToken()
    const request = { audience: 'reports', permissions: ['read:reports'] }
    const replaced = await exchange('archive').delegate(token, request)
    if (!replaced.ok) throw new Error(replaced.code)
    const before = decodeJwt(token)
    const after = decodeJwt(replaced.token)
    for (const name of ['txn', 'sub', 'aud', 'tctx', 'rctx', 'auth_iat'])
      expect(after[name]).toEqual(before[name])
    expect(after).toMatchObject({ scope: 'read:reports', req_wl: 'archive' })
    expect(Number(after.exp)).toBeLessThanOrEqual(Number(before.exp))
    expect(decodeProtectedHeader(replaced.token).typ).toBe('txntoken+jwt')
  })

  it.each([
    ['a wider scope', { audience: 'reports', permissions: ['read:reports', 'root'] }, 'invalid_scope'],
    ['no scope at all', { audience: 'reports', permissions: [] }, 'invalid_scope'],
    ['roles', { audience: 'reports', roles: ['analyst'] }, 'invalid_scope'],
    ['another audience', { audience: 'archive' }, 'invalid_token'],
  ])('is not given for %s', async (_, request, code) => {
    const token = await transactionToken()
    expect(await exchange('reports').delegate(token, request)).toMatchObject({ ok: false, code })
  })

  it('lives no longer than was requested', async () => {
    const token = await transactionToken()
    const replaced = await exchange('archive').delegate(token, { audience: 'reports', ttlSeconds: 30 })
    if (!replaced.ok) throw new Error(replaced.code)
    const { iat = 0, exp = 0 } = decodeJwt(replaced.token)
    expect(exp - iat).toBeLessThanOrEqual(30)
  })

  it('is not given to a service that the gateway does not know', async () => {
    const token = await transactionToken()
    expect(await exchange('stranger').delegate(token, { audience: 'reports' })).toMatchObject({
      ok: false,
      code: 'unauthorized_client',
    })
  })
})
