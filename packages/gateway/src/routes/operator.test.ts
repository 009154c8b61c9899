/** `POST /operator`: what an operator's key may, and the attacks on it. */
import { createKit } from '@sealgate/kit'
import { probe } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { base64url, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AUDIENCES,
  catchLogs,
  countingLimiter,
  expectError,
  type FakeAuth0,
  fakeAuth0,
  gatewayEnv,
  INTERNAL_ISSUER,
  memoryKv,
  newSlot,
  plain,
} from '../testing/fixtures.ts'
import { app, gatewayOf, Keys } from '../testing/test-gateway.ts'

const URL_OF = 'https://gateway.test/operator'

type PrivateJwk = Readonly<Record<string, unknown>>

let auth0: FakeAuth0
let slot: string
let operator: PrivateJwk
let env: Record<string, unknown>
let kv: ReturnType<typeof memoryKv>
const logs = catchLogs()

async function newOperator(kid: string): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  return { ...plain(await exportJWK(privateKey)), kid, alg: 'EdDSA' }
}
const publicHalf = ({ kty, crv, x, kid }: PrivateJwk): PrivateJwk => ({ kty, crv, x, kid })

/** The environment of the gateway with a service in it that verifies as it is told. */
function withService(more: Readonly<Record<string, unknown>> = {}, supports = true): Record<string, unknown> {
  const service = new Hono()
  if (supports) service.use(probe())
  service.all('*', (c) => c.json({ error: 'not_found' }, 404))
  const context = { props: {}, waitUntil: () => undefined, passThroughOnException: () => undefined }
  const serviceEnv = {
    JWT_ISS: INTERNAL_ISSUER,
    JWT_AUD: 'reports',
    JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS',
    GATEWAY_KEYS: {
      fetch: (input: string | Request) =>
        new Keys(context as unknown as ExecutionContext, env).fetch(new Request(input)),
    },
    ...more,
  }
  return { ...env, CONSUMER: { fetch: (request: Request) => service.fetch(request, serviceEnv) } }
}

beforeAll(async () => {
  auth0 = await fakeAuth0()
  slot = await newSlot('slot-a')
  operator = await newOperator('operator-a')
})
beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(auth0.fetch)
  kv = memoryKv()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: slot,
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: kv,
    OPERATOR_KEYS: [publicHalf(operator)],
  })
})

interface Change {
  readonly key?: PrivateJwk
  readonly audience?: string
  readonly ttlSeconds?: number
  readonly typ?: string
  readonly issuer?: string
  /** Moves the signer's clock, in seconds. */
  readonly shift?: number
  /** The body that is sent in place of the one that was signed. */
  readonly sent?: string
  readonly contentType?: string
}

/** A request as the command signs it, changed as given. */
async function signed(body: object, change: Change = {}): Promise<Request> {
  const { key = operator, audience = INTERNAL_ISSUER, issuer = 'sealgate-operator' } = change
  const now = (): number => Date.now() / 1000 + (change.shift ?? 0)
  const kit = createKit({ issuer, audience, sign: { privateJwk: key }, maxTtlSeconds: 3600, now })
  const text = JSON.stringify(body)
  const request = new Request(URL_OF, { method: 'POST', body: text })
  const { ttlSeconds = 60, typ = 'sealgate-operator+jwt' } = change
  const token = await kit.sign({ sub: 'operator' }, { request, ttlSeconds, typ })
  return withToken(token, change.sent ?? text, change.contentType)
}

function withToken(token: string, body: string, contentType = 'application/json'): Request {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': contentType }
  return new Request(URL_OF, { method: 'POST', body, headers })
}

async function send(request: Request, on: Record<string, unknown> = env): Promise<Response> {
  return app.request(request, {}, on)
}

async function operate(body: object, on = env): Promise<Record<string, unknown>> {
  const response = await send(await signed(body), on)
  expect(response.status).toBe(200)
  expect(response.headers.get('Cache-Control')).toBe('no-store')
  return response.json()
}

async function expectDenied(request: Request, reason: string, on = env): Promise<void> {
  const response = await send(request, on)
  expect(response.headers.get('WWW-Authenticate')).toContain('invalid_token')
  const description = await expectError(response, 401, 'invalid_token')
  expect(description).toBe('The access token is missing, expired or not acceptable here')
  expect(await logs.of(response)).toMatchObject([{ route: '/operator', detail: `operator: ${reason}` }])
}

describe('operate', () => {
  it('tells of the deployment: slots, keys with thumbprints, version, time, settings, and no secret', async () => {
    const on = { ...env, CF_VERSION_METADATA: { id: 'v-1', tag: 'release', timestamp: 'now' } }
    const health = await operate({ operation: 'health' }, on)
    expect(health).toMatchObject({
      operation: 'health',
      status: 'ok',
      kit: { sign: { slots: [{ kid: 'slot-a', state: 'signing' }] } },
      keys: [{ kid: 'slot-a', thumbprint: expect.stringMatching(/^[\w-]{43}$/) as string }],
      version: { id: 'v-1', tag: 'release' },
      settings: {
        environment: 'test',
        issuer: INTERNAL_ISSUER,
        mode: 'EdDSA',
        maxTtlSeconds: 3600,
        hasDenylist: true,
      },
    })
    expect(Math.abs(Number(health.time) - Date.now() / 1000)).toBeLessThan(5)
    expect(JSON.stringify(health)).not.toContain((JSON.parse(slot) as { d: string }).d)
  })

  it.each([
    ['a JSON array', (keys: object[]) => JSON.stringify(keys)],
    ['a JWK Set', (keys: object[]) => JSON.stringify({ keys })],
  ])('takes the keys as %s, each of several', async (_, write) => {
    const other = await newOperator('operator-b')
    const on = { ...env, OPERATOR_KEYS: write([publicHalf(operator), publicHalf(other)]) }
    for (const key of [operator, other]) {
      expect((await send(await signed({ operation: 'health' }, { key }), on)).status).toBe(200)
    }
  })

  it.each([[{ jti: 'a' }], [{ sub: 'auth0|eve' }], [{ thumbprint: 'a' }]])('revokes %j', async (what) => {
    expect(await operate({ operation: 'revoke', ...what })).toEqual({ operation: 'revoke', revoked: true })
    const [kind] = Object.keys(what)
    expect([...kv.entries.keys()]).toContainEqual(expect.stringContaining(`:${String(kind)}:`))
    await expect
      .poll(() => logs.lines())
      .toContainEqual(
        expect.objectContaining({
          event: 'operation',
          operation: 'revoke',
          kid: 'operator-a',
          outcome: 'revoked',
        }),
      )
    expect(logs.text()).not.toContain('auth0|eve')
  })

  it('says which keys are on the deny-list, and of no list that there is none', async () => {
    await operate({ operation: 'revoke', thumbprint: 'leaked' })
    await operate({ operation: 'revoke', sub: 'auth0|eve' })
    const asked = { operation: 'denied', thumbprints: ['good', 'leaked'] }
    expect(await operate(asked)).toEqual({ operation: 'denied', denied: ['leaked'] })
    env = { ...env, JWT_DENYLIST_NAME: '' }
    expect(await operate(asked)).toEqual({ operation: 'denied', denied: [] })
  })

  it('ends no session where there are none, or where they are kept in cookies', async () => {
    const revoke = { operation: 'revoke', session: 'a' }
    await expectError(await send(await signed(revoke)), 401, 'unauthorized')
    const logins = { AUTH0_CLIENT_ID: 'web', AUTH0_CLIENT_SECRET: 's', SESSION_SECRET: 'A'.repeat(43) }
    const on = { ...env, ...logins, SESSION_STORE: 'cookie' }
    expect(await expectError(await send(await signed(revoke), on), 400, 'invalid_request')).toContain(
      'revoke the sub',
    )
  })

  it.each([
    [{}],
    [{ operation: 'rotate' }],
    [{ operation: 'revoke' }],
    [{ operation: 'revoke', jti: 'a', sub: 'b' }],
    [{ operation: 'whois' }],
    [{ operation: 'health', more: 1 }],
    [{ operation: 'denied', thumbprints: Array.from({ length: 17 }, String) }],
    [[]],
  ])('knows no operation %j', async (body) => {
    await expectError(await send(await signed(body)), 400, 'invalid_request')
    expect([...kv.entries.keys()].filter((key) => !key.includes(':jti:'))).toEqual([])
  })

  it('takes JSON alone', async () => {
    const request = await signed({ operation: 'health' }, { contentType: 'text/plain' })
    await expectError(await send(request), 400, 'invalid_request')
  })
})

describe('probe', () => {
  const probed = async (on: Record<string, unknown>): Promise<unknown> => {
    const { services } = await operate({ operation: 'probe' }, on)
    return services
  }

  it('finds a service that agrees, and what it holds', async () => {
    expect(await probed(withService())).toEqual([
      {
        service: 'CONSUMER',
        audience: 'reports',
        verdict: 'ok',
        genuine: { status: 200 },
        forged: { status: 401, reason: 'invalid_token' },
        holds: {
          issuer: INTERNAL_ISSUER,
          audience: ['reports'],
          kids: ['slot-a'],
          jwksAgeSeconds: expect.any(Number) as number,
        },
      },
    ])
  })

  it('probes where no token may live for a minute', async () => {
    const on = {
      ...withService({ JWT_MAX_TTL_SECONDS: '5' }),
      JWT_MAX_TTL_SECONDS: '5',
      JWT_TTL_SECONDS: '5',
    }
    expect(await probed(on)).toMatchObject([{ service: 'CONSUMER', verdict: 'ok' }])
  })

  it('names the audience that a service was given by mistake', async () => {
    expect(await probed(withService({ JWT_AUD: 'archive' }))).toMatchObject([
      { verdict: 'rejects', genuine: { status: 401, reason: 'invalid_token' }, takesAudience: 'archive' },
    ])
  })

  it('finds another issuer, no keys, and no probe', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const rejects = await probed(withService({ JWT_ISS: 'https://elsewhere.test' }))
    expect(rejects).toMatchObject([{ verdict: 'rejects', genuine: { status: 401 } }])
    expect(rejects).not.toMatchObject([{ takesAudience: expect.anything() as unknown }])
    const keyless = { fetch: () => Promise.resolve(new Response(null, { status: 500 })) }
    expect(await probed(withService({ GATEWAY_KEYS: keyless }))).toMatchObject([
      { verdict: 'unavailable', genuine: { status: 503, reason: 'temporarily_unavailable' } },
    ])
    expect(await probed(withService({}, false))).toMatchObject([
      { verdict: 'unsupported', genuine: { status: 404 } },
    ])
  })

  it('finds a service that takes whatever comes', async () => {
    const state = { issuer: INTERNAL_ISSUER, audience: ['reports'], kids: [] }
    const CONSUMER = { fetch: () => Promise.resolve(Response.json(state)) }
    expect(await probed({ ...env, CONSUMER })).toMatchObject([{ verdict: 'accepts_forged' }])
    const page = { fetch: () => Promise.resolve(new Response('<html>')) }
    expect(await probed({ ...env, CONSUMER: page })).toMatchObject([{ verdict: 'unsupported' }])
  })

  it.each([
    [404, 'failed'],
    [503, 'unavailable'],
  ])('is not content with a service that responds to a forged token with %i', async (status, verdict) => {
    const state = { issuer: INTERNAL_ISSUER, audience: ['reports'], kids: [] }
    let calls = 0
    const CONSUMER = {
      fetch: () => Promise.resolve(calls++ === 0 ? Response.json(state) : new Response(null, { status })),
    }
    expect(await probed({ ...env, CONSUMER })).toMatchObject([{ verdict, forged: { status } }])
  })

  it('finds a service that throws', async () => {
    const CONSUMER = { fetch: () => Promise.reject(new Error('canary')) }
    expect(await probed({ ...env, CONSUMER })).toMatchObject([
      { verdict: 'failed', genuine: { status: null, reason: 'threw' } },
    ])
  })

  it('probes each pair once, with HS512 by a random secret', async () => {
    const JWT_SECRET = 'A'.repeat(86)
    const hs512 = { JWT_PRIVATE_JWK_NAME: '', JWT_SECRET }
    const on = withService({ JWT_JWKS_SERVICE_NAME: '', JWT_SECRET })
    const ROUTES = ['/a/*', '/b/*'].map((match) => ({
      match,
      methods: ['GET'],
      service: 'CONSUMER',
      audience: 'reports',
    }))
    expect(await probed({ ...on, ...hs512, ROUTES })).toMatchObject([
      { verdict: 'ok', forged: { status: 401 }, holds: { kids: [] } },
    ])
  })

  it('sends tokens that carry no right, for a subject of their own', async () => {
    const tokens: string[] = []
    const CONSUMER = {
      fetch: (request: Request) => {
        tokens.push(request.headers.get('Authorization') ?? '')
        return Promise.resolve(new Response(null, { status: 404 }))
      },
    }
    await probed({ ...env, CONSUMER })
    const [genuine = '', forged = ''] = tokens.map((token) => token.split('.').slice(0, 2).join('.'))
    expect(forged).toBe(genuine)
    expect(new Set(tokens).size).toBe(2)
    const claims = decodeJwt(`${genuine}.`)
    expect(claims).toMatchObject({ sub: 'sealgate-probe', permissions: [], roles: [], aud: 'reports' })
  })
})

describe('whois', () => {
  const whois = (token: string, on = env): Promise<Record<string, unknown>> =>
    operate({ operation: 'whois', token }, on)
  const issued = async (claims: object = {}): Promise<string> =>
    (await gatewayOf(env))
      .kitFor('reports')
      .sign({ sub: 'auth0|alice', jti: 'j-1', ...claims }, { aud: 'reports' })

  it('says that a token is good, by which slot, with every rule', async () => {
    const report = await whois(await issued())
    expect(report).toMatchObject({
      issued: 'here',
      ok: true,
      key: { kid: 'slot-a', state: 'signing', thumbprint: expect.any(String) as string },
    })
    const rules = report.rules as { rule: string; passed: boolean }[]
    expect(rules.map(({ rule, passed }) => [rule, passed])).toEqual(
      [
        ...['form', 'algorithm', 'type', 'key', 'signature'],
        ...['claims', 'lifetime', 'time', 'issuer', 'audience', 'revocation'],
      ].map((rule) => [rule, true]),
    )
    expect(report.reason).toBeUndefined()
  })

  it('says that a token was revoked, and what of it', async () => {
    const token = await issued({ sub: 'auth0|bob' })
    await operate({ operation: 'revoke', sub: 'auth0|bob' })
    expect(await whois(token)).toMatchObject({
      ok: false,
      reason: 'revoked',
      rules: expect.arrayContaining([
        { rule: 'time', passed: true },
        { rule: 'revocation', passed: false, detail: 'its sub is on the deny-list' },
      ]) as unknown,
    })
  })

  it('holds each claim against its rule, though the signature is bad', async () => {
    const other = createKit({
      issuer: 'https://elsewhere.test',
      audience: 'reports',
      sign: { privateJwk: await newOperator('slot-a') },
      now: () => Date.now() / 1000 - 5000,
    })
    expect(await whois(await other.sign({ sub: 'a' }))).toMatchObject({
      issued: 'foreign',
      ok: false,
      reason: 'bad_signature',
      rules: [
        { rule: 'form', passed: true },
        { rule: 'algorithm', passed: true },
        { rule: 'type', passed: true },
        { rule: 'key', passed: true },
        { rule: 'signature', passed: false },
        { rule: 'claims', passed: true },
        { rule: 'lifetime', passed: true },
        { rule: 'time', passed: false, detail: 'exp has passed' },
        { rule: 'issuer', passed: false },
        { rule: 'audience', passed: true },
        { rule: 'revocation', passed: true },
      ],
    })
  })

  it('says what the exchange would make of a token of Auth0', async () => {
    expect(await whois(await auth0.token())).toMatchObject({
      issued: 'auth0',
      ok: true,
      exchange: [
        {
          audience: 'reports',
          ok: true,
          permissions: ['read:reports', 'export:reports'],
          roles: ['analyst'],
        },
        { audience: 'archive', ok: true, permissions: ['read:reports'], roles: [] },
      ],
    })
    expect(await whois(await auth0.token({ azp: 'foreign' }))).toMatchObject({
      issued: 'auth0',
      ok: false,
      reason: 'unknown_client',
    })
  })

  it('says so for what is no token, and neither logs nor returns it', async () => {
    const token = await issued()
    for (const text of ['canary', `${token}canary`, token.slice(0, -2)]) {
      const report = await whois(text)
      expect(report.ok).toBe(false)
      expect(JSON.stringify(report)).not.toContain('canary')
    }
    expect(logs.text()).not.toContain(token.slice(0, 40))
  })
})

describe('a fault of the configuration', () => {
  const health = { operation: 'health' }

  it.each<[string, object, string]>([
    ['a variable that is missing', { AUTH0_DOMAIN: '' }, 'AUTH0_DOMAIN is required'],
    ['one that is wrong', { WORKER_ENV: 'prod' }, 'did you mean production'],
    ['a service that is not bound', { CONSUMER: undefined }, 'CONSUMER, which is no service binding'],
    ['keys of which none is usable', { SLOT_A: 'nonsense' }, 'SLOT_A'],
  ])('is told to an operator: %s', async (_, more, problem) => {
    const on = { ...env, ...more }
    expect(await expectError(await send(await signed(health), on), 500, 'misconfigured')).toContain(problem)
  })

  it('is told to an operator who revokes without a deny-list', async () => {
    const on = { ...env, JWT_DENYLIST_NAME: '' }
    const response = await send(await signed({ operation: 'revoke', jti: 'a' }), on)
    expect(await expectError(response, 500, 'misconfigured')).toContain('JWT_DENYLIST_NAME')
  })

  it('is told to nobody else', async () => {
    const on = { ...env, AUTH0_DOMAIN: '' }
    const forged = await signed(health, { key: await newOperator('operator-a') })
    await expectError(await send(forged, on), 401, 'invalid_token')
    const { headers } = await signed(health)
    const elsewhere = new Request('https://gateway.test/api/x', { method: 'POST', headers, body: '{}' })
    expect(await expectError(await send(elsewhere, on), 500, 'misconfigured')).toBe(
      'The gateway is misconfigured',
    )
    const unset = { ...on, OPERATOR_KEYS: '' }
    for (const request of [await signed(health), new Request(URL_OF)]) {
      expect(await expectError(await send(request, unset), 500, 'misconfigured')).toBe(
        'The gateway is misconfigured',
      )
    }
  })
})

describe('an attack on the operator’s path', () => {
  const HEALTH = { operation: 'health' }

  it('a request that is sent again is denied', async () => {
    const request = await signed({ operation: 'revoke', jti: 'a' })
    const again = request.clone()
    expect((await send(request)).status).toBe(200)
    await expectDenied(again, 'used')
  })

  it('a request that is sent again to another isolate is denied, by the deny-list', async () => {
    const request = await signed(HEALTH)
    const again = request.clone()
    expect((await send(request)).status).toBe(200)
    // Another environment object has a gateway of its own, as another isolate has.
    await expectDenied(again, 'used elsewhere', { ...env })
  })

  it('a body other than the signed one is denied', async () => {
    const sent = JSON.stringify({ operation: 'revoke', sub: 'auth0|admin' })
    await expectDenied(await signed(HEALTH, { sent }), 'request_mismatch')
    expect(kv.entries.size).toBe(0)
  })

  it('a request for another path or query is denied', async () => {
    const { headers } = await signed(HEALTH)
    const request = new Request(`${URL_OF}?a`, { method: 'POST', headers, body: JSON.stringify(HEALTH) })
    await expectDenied(request, 'request_mismatch')
  })

  it('a request that was signed for staging is denied in production', async () => {
    const staging = 'https://gateway.staging.internal'
    await expectDenied(await signed(HEALTH, { audience: staging }), 'wrong_audience')
  })

  it('a token for several gateways is denied at each', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
    const jwk = { ...plain(await exportJWK(publicKey)), kid: 'k' }
    const on = { ...env, OPERATOR_KEYS: [jwk] }
    const body = JSON.stringify(HEALTH)
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: 'sealgate-operator',
      aud: [INTERNAL_ISSUER, 'https://other.test'],
      ...{ sub: 'operator', jti: 'j', iat: now, exp: now + 60 },
      req: await hashOf(body),
    }
    const sign = (changed: object): Promise<string> =>
      new SignJWT({ ...claims, ...changed })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k', typ: 'sealgate-operator+jwt' })
        .sign(privateKey)
    await expectDenied(withToken(await sign({}), body), 'wrong_audience', on)
    await expectDenied(
      withToken(await sign({ aud: INTERNAL_ISSUER, jti: undefined }), body),
      'missing_claim',
      on,
    )
    await expectDenied(
      withToken(await sign({ aud: INTERNAL_ISSUER, req: undefined }), body),
      'request_mismatch',
      on,
    )
    expect((await send(withToken(await sign({ aud: INTERNAL_ISSUER }), body), on)).status).toBe(200)
  })

  it.each<[string, Change, string]>([
    ['that ended', { shift: -71 }, 'expired'],
    ['from the future', { shift: 30 }, 'issued_in_future'],
    ['that lives longer than a minute', { ttlSeconds: 61 }, 'too_old'],
    ['of another typ', { typ: 'JWT' }, 'wrong_type'],
    ['of the typ of requests to services', { typ: 'req+jwt' }, 'wrong_type'],
    ['of another issuer', { issuer: INTERNAL_ISSUER }, 'wrong_issuer'],
  ])('a token %s is denied', async (_, change, reason) => {
    await expectDenied(await signed(HEALTH, change), reason)
  })

  it('a token of a kid that is not known is denied, and one of a known kid by another key', async () => {
    await expectDenied(await signed(HEALTH, { key: await newOperator('operator-x') }), 'unknown_kid')
    await expectDenied(await signed(HEALTH, { key: await newOperator('operator-a') }), 'bad_signature')
  })

  it('a kid that is not known takes as long as a known one: a signature is checked for it, too', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const callsFor = async (kid: string): Promise<number> => {
      const request = await signed(HEALTH, { key: await newOperator(kid) })
      verify.mockClear()
      expect((await send(request)).status).toBe(401)
      return verify.mock.calls.length
    }
    expect([await callsFor('operator-a'), await callsFor('operator-x')]).toEqual([1, 1])
    verify.mockRestore()
  })

  it('alg confusion is denied: none, and HS256 or HS512 with the public key as secret', async () => {
    const body = JSON.stringify(HEALTH)
    const request = await signed(HEALTH)
    const [, payload = ''] = (request.headers.get('Authorization') ?? '').split('.')
    const encode = (value: object): string => base64url.encode(JSON.stringify(value))
    const header = (alg: string): string => encode({ alg, kid: 'operator-a', typ: 'sealgate-operator+jwt' })
    await expectDenied(withToken(`${header('none')}.${payload}.`, body), 'unsupported_alg')
    for (const alg of ['HS256', 'HS512']) {
      const secret = new TextEncoder().encode(JSON.stringify(publicHalf(operator)).padEnd(64))
      const claims = decodeJwt(`.${payload}.`)
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg, kid: 'operator-a', typ: 'sealgate-operator+jwt' })
        .sign(secret)
      await expectDenied(withToken(token, body), 'unsupported_alg')
    }
  })

  it('an internal token is no operator’s token', async () => {
    const kit = (await gatewayOf(env)).kitFor('reports')
    const internal = await kit.sign({ sub: 'a' }, { aud: INTERNAL_ISSUER })
    await expectDenied(withToken(internal, JSON.stringify(HEALTH)), 'wrong_type')
  })

  it('a key of a signing slot signs no operation, though OPERATOR_KEYS has it', async () => {
    const key = JSON.parse(slot) as PrivateJwk
    await expectDenied(await signed(HEALTH, { key }), 'unknown_kid')
    const on = { ...env, OPERATOR_KEYS: [publicHalf(operator), publicHalf(key)] }
    await expectError(await send(await signed(HEALTH, { key }), on), 500, 'misconfigured')
    expect((await send(await signed(HEALTH), on)).status).toBe(200)
  })

  it('is 404 without keys, and POST alone with them', async () => {
    for (const OPERATOR_KEYS of ['', undefined]) {
      await expectError(await send(await signed(HEALTH), { ...env, OPERATOR_KEYS }), 404, 'not_found')
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await app.request(URL_OF, { method }, env)
      await expectError(response, 405, 'method_not_allowed')
      expect(response.headers.get('Allow')).toBe('POST')
    }
  })

  it('a body over 64 KiB is 413, before anything is verified', async () => {
    const request = await signed(HEALTH, { sent: `"${'a'.repeat(65_536)}"` })
    await expectError(await send(request), 413, 'invalid_request')
  })

  it('a request without credentials, or with malformed ones, is told no more', async () => {
    const post = (headers: Record<string, string>): Promise<Response> =>
      send(new Request(URL_OF, { method: 'POST', body: '{}', headers }))
    await expectError(await post({}), 401, 'unauthorized')
    await expectError(await post({ Authorization: 'Bearer a b' }), 400, 'invalid_request')
    await expectError(await post({ Authorization: `Bearer ${'a'.repeat(9000)}` }), 401, 'invalid_token')
  })

  it('pages of other sites may not call it, whatever CORS_ORIGINS lists', async () => {
    const request = await signed(HEALTH)
    request.headers.set('Sec-Fetch-Site', 'cross-site')
    request.headers.set('Origin', 'https://evil.test')
    await expectError(await send(request), 403, 'csrf')
  })

  it('is counted by address, before anything is verified', async () => {
    const limiter = countingLimiter(1)
    const on = { ...env, RATE_LIMITER_CLIENTS: limiter }
    const call = async (): Promise<number> => {
      const request = await signed(HEALTH, { key: await newOperator('operator-a') })
      request.headers.set('CF-Connecting-IP', '203.0.113.9')
      return (await send(request, on)).status
    }
    expect([await call(), await call()]).toEqual([401, 429])
    expect(limiter.keys).toEqual(['ip:203.0.113.9', 'ip:203.0.113.9'])
  })
})

describe('OPERATOR_KEYS', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', 'nonsense', 'OPERATOR_KEYS is not JSON'],
    ['one JWK', { kty: 'OKP' }, 'OPERATOR_KEYS must be public JWKs: a JSON array, or a JWK Set'],
    ['an empty list', [], 'OPERATOR_KEYS has no key: add one, or unset it'],
    ['a key without kid', [{ kid: undefined }], 'OPERATOR_KEYS[0] is not usable: it has no kid'],
    [
      'a key of another type',
      [{}, { kty: 'RSA' }],
      'OPERATOR_KEYS[1] is not usable: it is not an Ed25519 key',
    ],
    ['a point of small order', [{ x: 'A'.repeat(43) }], 'OPERATOR_KEYS[0] is not usable: its point'],
    ['a private key', [{ d: 'A'.repeat(43) }], 'OPERATOR_KEYS[0] is not usable: it holds a private key'],
    ['two keys of one kid', [{}, 'other'], 'OPERATOR_KEYS has two different keys with one kid'],
  ])('is rejected as %s, with what is wrong', async (_, given, problem) => {
    const other = publicHalf(await newOperator('operator-a'))
    const OPERATOR_KEYS = Array.isArray(given)
      ? given.map((change: unknown) =>
          change === 'other' ? other : { ...publicHalf(operator), ...(change as object) },
        )
      : given
    await expectError(
      await send(await signed({ operation: 'health' }), { ...env, OPERATOR_KEYS }),
      500,
      'misconfigured',
    )
    expect(logs.text()).toContain(problem)
  })

  it('is no path for a route', async () => {
    const ROUTES = [{ match: '/operator', methods: ['POST'], service: 'CONSUMER', auth: 'none' }]
    await expectError(await app.request('/x', {}, { ...env, ROUTES, AUDIENCES }), 500, 'misconfigured')
  })
})

async function hashOf(body: string): Promise<string> {
  const { computeRequestHash } = await import('@sealgate/kit')
  return computeRequestHash(new Request(URL_OF, { method: 'POST', body }))
}
