import { createKit } from '@sealgate/kit'
import { WorkerEntrypoint } from 'cloudflare:workers'
import { decodeJwt, type JWTPayload } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { issue } from '../exchange/issue.ts'
import { makeGateway } from '../gateway.ts'
import { createGateway } from '../index.ts'
import { catchLogs, gatewayEnv, INTERNAL_ISSUER, newSlot } from '../testing/fixtures.ts'
import { Admin, Exchange, Keys, definition } from '../testing/test-gateway.ts'

let env: Record<string, unknown>
/** An internal token for `reports`. */
let token: string
const logs = catchLogs()

const now = (): number => Math.floor(Date.now() / 1000)
const subject = (): { sub: string; iat: number; exp: number; auth_iat: number } => ({
  sub: 'auth0|alice',
  iat: now() - 60,
  exp: now() + 600,
  auth_iat: now() - 120,
})

beforeAll(async () => {
  env = gatewayEnv({ JWT_PRIVATE_JWK_NAME: 'SLOT_A', SLOT_A: await newSlot('slot-a') })
})
beforeEach(async () => {
  // A second that begins in the middle of a test would change what is compared.
  vi.useFakeTimers({ toFake: ['Date'] })
  token = await internal({ permissions: ['read:reports', 'export:reports'] })
})
afterEach(() => {
  vi.useRealTimers()
  expect(logs.text()).not.toContain(token)
  expect(logs.text()).not.toContain('auth0|alice')
})

async function internal(claims: object, audience = 'reports'): Promise<string> {
  const issued = await issue(makeGateway(env, definition), { ...subject(), ...claims }, { audience })
  if (!issued.ok) throw new Error(issued.rejection)
  return issued.token
}

/** A context as workerd makes it; `props` come from the caller's binding. */
function context(props: unknown): ExecutionContext {
  return {
    props,
    waitUntil: () => undefined,
    passThroughOnException: () => undefined,
  } as unknown as ExecutionContext
}
const keys = (on = env): InstanceType<typeof Keys> => new Keys(context({}), on)
const calledWith = (props: unknown, on = env): InstanceType<typeof Exchange> =>
  new Exchange(context(props), on)
const exchange = (on = env): InstanceType<typeof Exchange> => calledWith({ service: 'reports' }, on)

describe('what can be called', () => {
  it('is what is exported', () => {
    expect(Object.keys(createGateway(definition)).sort()).toEqual([
      'Admin',
      'Exchange',
      'Keys',
      'Session',
      'fetch',
    ])
    expect(Reflect.get(createGateway(definition), 'fetch')).toBeTypeOf('function')
  })

  it.each([
    ['Keys', Keys, ['constructor', 'fetch', 'getJwks']],
    ['Admin', Admin, ['constructor', 'health', 'revoke', 'sign']],
    [
      'Exchange',
      Exchange,
      ['approve', 'constructor', 'delegate', 'introspect', 'receipt', 'renew', 'verify'],
    ],
  ] as const)('of %s is this alone: every public method is callable over RPC', (_, entrypoint, methods) => {
    expect(Object.getOwnPropertyNames(entrypoint.prototype).sort()).toEqual(methods)
    expect(Object.getPrototypeOf(entrypoint)).toBe(WorkerEntrypoint)
    expect(Object.keys(new entrypoint(context({}), env)).filter((name) => !/^(ctx|env)$/.test(name))).toEqual(
      [],
    )
  })
})

describe('Keys', () => {
  const url = 'https://jwks.internal/.well-known/jwks.json'

  it('returns the JWKS to any Worker that binds it, though it is not public', async () => {
    const response = await keys().fetch(new Request(url))
    expect(response.status).toBe(200)
    const set: unknown = await response.json()
    expect(set).toMatchObject({ keys: [{ kid: 'slot-a', kty: 'OKP', alg: 'EdDSA' }] })
    expect(await keys().getJwks()).toEqual({ ok: true, ...(set as object) })
  })

  it.each([
    ['another path', 'https://jwks.internal/oauth/token', 'GET'],
    ['another method', url, 'POST'],
  ])('gives nothing else: %s', async (_, address, method) => {
    const response = await keys().fetch(new Request(address, { method }))
    expect([response.status, response.headers.get('X-Error-Source')]).toEqual([404, 'gateway'])
  })

  it('ships the line of a rejected call, as it ships those of requests', async () => {
    const shipped = vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response()))
    await keys({ ...env, DATADOG_API_KEY: 'canary-key' }).fetch(new Request('https://jwks.internal/other'))
    await vi.waitFor(() => expect(shipped).toHaveBeenCalledTimes(1))
    expect(JSON.parse(shipped.mock.calls[0]?.[1]?.body as string)).toMatchObject([
      { event: 'denied_call', entrypoint: 'Keys.fetch', status: 404 },
    ])
    shipped.mockRestore()
  })

  it('answers with a value when it cannot', async () => {
    const broken = { ...env, JWT_ISS: '' }
    expect(await keys(broken).getJwks()).toEqual({ ok: false, code: 'misconfigured', status: 500 })
    expect((await keys(broken).fetch(new Request(url))).status).toBe(500)
    expect(logs.text()).toContain('JWT_ISS is required')
  })
})

describe('Exchange.delegate', () => {
  /** The claims of the token that comes out. */
  async function delegated(request: object, from = token): Promise<JWTPayload> {
    const result = await exchange().delegate(from, request)
    if (!result.ok) throw new Error(`rejected: ${result.code}`)
    return decodeJwt(result.token)
  }

  it('names the caller as the actor, keeps the subject, and narrows to the maximum of the audience', async () => {
    const original = decodeJwt(token)
    expect(await delegated({ audience: 'archive' })).toMatchObject({
      iss: INTERNAL_ISSUER,
      aud: 'archive',
      sub: 'auth0|alice',
      kind: 'user',
      act: { iss: INTERNAL_ISSUER, sub: 'reports', act: { iss: INTERNAL_ISSUER, sub: 'gateway' } },
      auth_iat: original.auth_iat,
      permissions: ['read:reports'],
      roles: [],
    })
  })

  it('returns a new token, signed by the gateway', async () => {
    const result = await exchange().delegate(token, { audience: 'archive' })
    const set = await keys().getJwks()
    if (!result.ok || !set.ok) throw new Error('rejected')
    const publicJwk = { keys: set.keys }
    const archive = createKit({ issuer: INTERNAL_ISSUER, audience: 'archive', verify: { publicJwk } })
    expect(await archive.verify(result.token)).toMatchObject({ sub: 'auth0|alice' })
    expect(decodeJwt(result.token).jti).not.toBe(decodeJwt(token).jti)
  })

  it('is what the kit of a service calls', async () => {
    const set = await keys().getJwks()
    if (!set.ok) throw new Error('rejected')
    const service = createKit({
      issuer: INTERNAL_ISSUER,
      audience: 'reports',
      verify: { publicJwk: { keys: set.keys } },
      exchangeService: exchange(),
    })
    const auth = await service.checkAuth(token)
    if (!auth) throw new Error('rejected')
    const next = await service.delegate(auth, { aud: 'archive', permissions: [], ttlSeconds: 30 })
    expect(decodeJwt(next)).toMatchObject({ aud: 'archive', permissions: [], act: { sub: 'reports' } })
  })

  it('returns what was requested and no more', async () => {
    expect(await delegated({ audience: 'reports', permissions: ['export:reports'] })).toMatchObject({
      permissions: ['export:reports'],
    })
  })

  it('is never longer than the original, nor than was requested', async () => {
    const { exp } = decodeJwt(token)
    expect((await delegated({ audience: 'archive', ttlSeconds: 3600 })).exp).toBe(exp)
    const { iat, exp: asked } = await delegated({ audience: 'archive', ttlSeconds: 30 })
    expect(Number(asked) - Number(iat)).toBe(30)
  })

  it.each<[string, object, string, number]>([
    ['an unknown audience', { audience: 'unknown' }, 'invalid_target', 400],
    ['more permissions', { audience: 'reports', permissions: ['manage:all'] }, 'invalid_scope', 400],
    ['more roles', { audience: 'reports', roles: ['analyst'] }, 'invalid_scope', 400],
    ['no audience', {}, 'invalid_request', 400],
    ['an unknown member', { audience: 'archive', sub: 'auth0|bob' }, 'invalid_request', 400],
    ['rights that are no list', { audience: 'archive', permissions: 'read:reports' }, 'invalid_request', 400],
    ['no lifetime', { audience: 'archive', ttlSeconds: 0 }, 'invalid_request', 400],
    ['endless lifetime', { audience: 'archive', ttlSeconds: Infinity }, 'invalid_request', 400],
  ])('rejects %s', async (_, request, code, status) => {
    expect(await exchange().delegate(token, request)).toEqual({ ok: false, code, status })
  })

  it('rejects a sixth actor', async () => {
    let hop = token
    for (let depth = 2; depth <= 5; depth++) {
      const result = await exchange().delegate(hop, { audience: 'reports' })
      if (!result.ok) throw new Error(`rejected at ${depth}`)
      hop = result.token
    }
    expect(await exchange().delegate(hop, { audience: 'reports' })).toMatchObject({ ok: false })
  })

  it.each<[string, () => string | Promise<string>]>([
    ['for another service', () => internal({}, 'archive')],
    ['that was tampered with', () => token.replace(/\.[^.]{4}/, '.AAAA')],
    ['that is none', () => 'nonsense'],
    ['that is too long', () => 'a'.repeat(10_000)],
  ])('rejects a token %s', async (_, from) => {
    const rejected = { ok: false, code: 'invalid_token', status: 401 }
    expect(await exchange().delegate(await from(), { audience: 'archive' })).toEqual(rejected)
  })

  it('rejects what is no token at all, of whatever type', async () => {
    for (const value of [undefined, null, 7, {}, [token]]) {
      const result = await exchange().delegate(value as string, { audience: 'archive' })
      expect(result).toEqual({ ok: false, code: 'invalid_token', status: 401 })
    }
  })
})

describe('the caller of Exchange', () => {
  const rejected = { ok: false, code: 'unauthorized_client', status: 403 }

  it.each([
    [undefined],
    [null],
    [{}],
    [{ service: '' }],
    [{ service: 7 }],
    [{ service: ['reports'] }],
    ['reports'],
    [{ service: 'unknown' }],
  ])('with the props %o may do nothing', async (props) => {
    const caller = calledWith(props)
    expect(await caller.delegate(token, { audience: 'archive' })).toEqual(rejected)
    expect(await caller.renew(token, { audience: 'reports' })).toEqual(rejected)
    expect(await caller.verify(token, { audience: 'reports' })).toEqual(rejected)
    expect(await caller.introspect(token, { audience: 'reports' })).toEqual(rejected)
  })

  it('is who the props say: a service cannot use the token of another', async () => {
    const archive = calledWith({ service: 'archive' })
    const denied = { ok: false, code: 'invalid_token', status: 401 }
    expect(await archive.delegate(token, { audience: 'archive' })).toEqual(denied)
    expect(await archive.verify(token, { audience: 'reports' })).toEqual(rejected)
    expect(await archive.introspect(token, { audience: 'reports' })).toEqual(rejected)
    expect(await archive.verify(token, { audience: 'archive' })).toEqual(denied)
  })
})

describe('Exchange.verify and introspect', () => {
  it('give the claims of a good token', async () => {
    const claims = decodeJwt(token)
    expect(await exchange().verify(token, { audience: 'reports' })).toEqual({ ok: true, claims })
    expect(await exchange().introspect(token, { audience: 'reports' })).toEqual({
      ...claims,
      ok: true,
      active: true,
      token_type: 'Bearer',
    })
  })

  it('tell nothing about a bad one (RFC 7662 §2.2)', async () => {
    for (const bad of ['nonsense', await internal({}, 'archive')]) {
      expect(await exchange().introspect(bad, { audience: 'reports' })).toEqual({ ok: true, active: false })
      expect(await exchange().verify(bad, { audience: 'reports' })).toMatchObject({ code: 'invalid_token' })
    }
  })

  it('are never thrown out of by what a caller sends', async () => {
    const request = undefined as unknown as { audience: string }
    expect(await exchange().verify(token, request)).toMatchObject({ ok: false, status: 403 })
    expect(await exchange().introspect(token, request)).toMatchObject({ ok: false, status: 403 })
  })
})

describe('with a secret for each audience', () => {
  it('verifies with one and signs with the other', async () => {
    const byAudience = gatewayEnv({
      JWT_SECRETS_BY_AUDIENCE: { reports: 'SECRET_R', archive: 'SECRET_A' },
      SECRET_R: 'A'.repeat(86),
      SECRET_A: 'B'.repeat(85) + 'A',
    })
    const issued = await issue(makeGateway(byAudience, definition), subject(), { audience: 'reports' })
    if (!issued.ok) throw new Error(issued.rejection)
    const result = await exchange(byAudience).delegate(issued.token, {
      audience: 'archive',
    })
    if (!result.ok) throw new Error(result.code)
    const archive = createKit({
      issuer: INTERNAL_ISSUER,
      audience: 'archive',
      verify: { secret: String(byAudience.SECRET_A) },
    })
    expect(await archive.verify(result.token)).toMatchObject({ sub: 'auth0|alice', act: { sub: 'reports' } })
  })
})

describe('a call that is denied', () => {
  const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
  const correlation = { 'X-Request-Id': 'a1b2c3d4', traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` }
  const lineOf = async (call: unknown): Promise<unknown> => {
    await call
    return logs.lines().findLast((line) => JSON.stringify(line).includes('denied_call'))
  }

  it('has the id and the trace of the request that its caller serves', async () => {
    const joined = { event: 'denied_call', request_id: 'a1b2c3d4', trace_id: TRACE_ID }
    const stranger = calledWith({})
    const audience = { audience: 'reports' }
    const admin = new Admin(context({}), env)
    const lines = [
      await lineOf(stranger.delegate(token, { audience: 'archive' }, correlation)),
      await lineOf(stranger.renew(token, audience, correlation)),
      await lineOf(stranger.verify(token, audience, correlation)),
      await lineOf(stranger.introspect(token, audience, correlation)),
      await lineOf(admin.sign({}, audience, correlation)),
      await lineOf(admin.revoke({}, correlation)),
      await lineOf(admin.health(correlation)),
      await lineOf(keys({ ...env, JWT_ISS: '' }).getJwks(correlation)),
      await lineOf(keys().fetch(new Request('https://jwks.internal/', { headers: correlation }))),
    ]
    expect(lines).toMatchObject(lines.map(() => joined))
  })

  it.each([
    undefined,
    null,
    'forged-text',
    7,
    { 'X-Request-Id': 'forged\n{}', traceparent: 'forged' },
    { 'X-Request-Id': 7, traceparent: {} },
    Object.create({ 'X-Request-Id': 7 }) as object,
  ])('has ids of its own where %j is given', async (given) => {
    const line = await lineOf(calledWith({}).delegate(token, {}, given as object))
    expect(line).toMatchObject({
      request_id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      trace_id: expect.stringMatching(/^[\da-f]{32}$/) as string,
    })
    expect(JSON.stringify(line)).not.toContain('forged')
  })
})
