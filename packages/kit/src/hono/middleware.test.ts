import { makeKit } from '../kit/make-kit.ts'
import { createKit } from '../kit/create-kit.ts'
import { Hono, type MiddlewareHandler } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Decision } from '../http/decision.ts'
import { ConfigError } from '../errors.ts'
import { guard, sealgate, type SealgateEnv } from './middleware.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { policy } from '../policy/builder.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await createTestIssuer()
})

/** Typed by its guard alone: `auth` may be missing. */
const home = new Hono().get('/', guard(undefined, { optional: true }), (c) =>
  c.text(c.var.auth?.sub ?? 'guest'),
)

const app = new Hono<SealgateEnv>()
  .use(sealgate())
  .get('/any', guard(), (c) => c.text(c.var.auth.sub))
  .get('/readers', guard(policy().needAll('read')), (c) => c.text(c.var.auth.sub))
  .get(
    '/users/:id',
    guard((c) => policy().owner(c.req.param('id'))),
    (c) => c.text('owner'),
  )
  .route('/home', home)

const ask = (path: string, authorization?: string, headers: Record<string, string> = {}) =>
  app.request(
    path,
    { headers: { ...headers, ...(authorization !== undefined && { Authorization: authorization }) } },
    issuer.env,
  )

describe('guard', () => {
  it('lets a good token through and names the caller', async () => {
    const response = await ask('/any', `bearer ${await issuer.token({ sub: 'ada' })}`)
    expect([response.status, await response.text()]).toEqual([200, 'ada'])
  })

  const answers: [
    what: string,
    path: string,
    authorization: () => Promise<string | undefined>,
    status: number,
    challenge: string,
  ][] = [
    ['no credentials', '/any', () => Promise.resolve(undefined), 401, 'Bearer'],
    ['another scheme', '/any', () => Promise.resolve('Basic YTpi'), 401, 'Bearer'],
    ['two credentials', '/any', () => Promise.resolve('Bearer a, Bearer b'), 400, 'invalid_request'],
    ['an expired token', '/any', async () => `Bearer ${await issuer.expired()}`, 401, 'invalid_token'],
    ['a forged token', '/any', async () => `Bearer ${await issuer.forged()}`, 401, 'invalid_token'],
    [
      'a missing permission',
      '/readers',
      async () => `Bearer ${await issuer.token()}`,
      403,
      'insufficient_scope',
    ],
    [
      'another owner',
      '/users/2',
      async () => `Bearer ${await issuer.token({ sub: '1' })}`,
      403,
      'insufficient_scope',
    ],
    [
      'a bad token where a guest may pass',
      '/home',
      async () => `Bearer ${await issuer.forged()}`,
      401,
      'invalid_token',
    ],
  ]
  it.each(answers)('answers %s at %s', async (_, path, authorization, status, challenge) => {
    const response = await ask(path, await authorization())
    expect(response.status).toBe(status)
    expect(response.headers.get('WWW-Authenticate')).toContain(challenge)
    if (challenge === 'Bearer') expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })

  it('lets a guest through where that is allowed', async () => {
    expect(await (await ask('/home')).text()).toBe('guest')
  })

  it('answers an outage with 503', async () => {
    const down = await createTestIssuer()
    down.break('throw')
    const quiet = new Hono()
      .use(guard(undefined, { kit: makeKit(down.env, { onEvent: () => undefined }) }))
      .get('/', (c) => c.text(''))
    const response = await quiet.request('/', { headers: { Authorization: `Bearer ${await down.token()}` } })
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toBeTruthy()
  })

  it('rejects a request whose X-User-ID is somebody else', async () => {
    const bearer = `Bearer ${await issuer.token({ sub: 'ada' })}`
    expect((await ask('/any', bearer, { 'X-User-ID': 'ada' })).status).toBe(200)
    expect((await ask('/any', bearer, { 'X-User-ID': 'eve' })).status).toBe(400)
    const seen: Decision[] = []
    const logged = new Hono().get(
      '/',
      guard(undefined, { onDecision: (decision) => void seen.push(decision) }),
      (c) => c.text(''),
    )
    const headers = { Authorization: bearer, 'X-User-ID': 'eve' }
    await logged.request('/', { headers }, issuer.env)
    expect(seen).toMatchObject([
      { reason: 'identity_mismatch', detail: 'X-User-ID differs from the subject of the token' },
    ])
  })

  it('tells onDecision why', async () => {
    const seen: Decision[] = []
    const logged = new Hono().get(
      '/',
      guard(undefined, { onDecision: (decision) => void seen.push(decision) }),
      (c) => c.text(''),
    )
    await logged.request('/', {}, issuer.env)
    expect(seen).toMatchObject([{ granted: false, reason: 'no_credentials' }])
  })

  it('accepts only what is a policy, when it is made and when it is asked', async () => {
    const message = 'guard accepts a policy, or a function that gives one: guard(policy().needAll(…))'
    const make = () => guard({} as never)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
    const forgetful = new Hono().get('/', guard((() => undefined) as never), (c) => c.text('in'))
    const response = await forgetful.request(
      '/',
      { headers: { Authorization: `Bearer ${await issuer.token()}` } },
      issuer.env,
    )
    expect(response.status).toBe(500)
  })

  it('requests a token that is bound to this request, where that is set', async () => {
    const bound = new Hono().get('/', guard(undefined, { bound: true }), (c) => c.text('in'))
    const response = await bound.request(
      '/',
      { headers: { Authorization: `Bearer ${await issuer.token()}` } },
      issuer.env,
    )
    expect(response.status).toBe(401)
  })

  it('lets in a bound token with its request, whose body the handler can still read', async () => {
    const kit = createKit({ issuer: 'https://a.test', audience: 'a', sign: { secret: generateSecret() } })
    const bound = new Hono().post('/jobs', guard(undefined, { kit, bound: true }), async (c) =>
      c.text(await c.req.text()),
    )
    const init = { method: 'POST', body: 'run it' }
    const token = await kit.sign({ sub: 'a' }, { request: new Request('https://a.test/jobs?now=1', init) })
    const send = (path: string) =>
      bound.request(path, { ...init, headers: { Authorization: `Bearer ${token}` } })
    const response = await send('/jobs?now=1')
    expect([response.status, await response.text()]).toEqual([200, 'run it'])
    expect((await send('/jobs?now=2')).status).toBe(401)
  })
})

describe('the kit of a guard', () => {
  it('is the one in its options, else that of sealgate(), else that of the environment', async () => {
    const [third, second, first] = await Promise.all([
      createTestIssuer({ audience: 'third' }),
      createTestIssuer({ audience: 'second' }),
      createTestIssuer({ audience: 'first' }),
    ])
    const byEnvironment = new Hono().get('/', guard(), (c) => c.text(c.var.auth.sub))
    const byMiddleware = new Hono()
      .use(sealgate({ kit: makeKit(second.env) }))
      .get('/', guard(), (c) => c.text(c.var.auth.sub))
    const byOptions = new Hono()
      .use(sealgate({ kit: makeKit(second.env) }))
      .get('/', guard(undefined, { kit: makeKit(first.env) }), (c) => c.text(c.var.auth.sub))
    const statuses = async (service: Hono<never>) =>
      Promise.all(
        [third, second, first].map(async (tokens) => {
          const headers = { Authorization: `Bearer ${await tokens.token()}` }
          return (await service.request('/', { headers }, third.env)).status
        }),
      )
    expect(await statuses(byEnvironment as never)).toEqual([200, 401, 401])
    expect(await statuses(byMiddleware as never)).toEqual([401, 200, 401])
    expect(await statuses(byOptions as never)).toEqual([401, 401, 200])
  })
})

describe('sealgate', () => {
  it('puts the kit of the environment on the context, or the one that it is given', async () => {
    const other = makeKit((await createTestIssuer()).env)
    const kits: unknown[] = []
    for (const options of [undefined, {}, { kit: other }]) {
      const service = new Hono().use(sealgate(options)).get('/', (c) => c.text(String(kits.push(c.var.jwt))))
      await service.request('/', {}, issuer.env)
    }
    expect(kits.map((kit) => [makeKit(issuer.env), other].findIndex((one) => one === kit))).toEqual([0, 0, 1])
  })

  it('passes on the options of the kit, and keeps the kit from request to request', async () => {
    const later = Date.now() / 1000 + 3600
    const kits = new Set<unknown>()
    const service = new Hono()
      .use(sealgate({ now: () => later }))
      .use((c, next) => {
        kits.add(c.var.jwt)
        return next()
      })
      .get('/', guard(), (c) => c.text('in'))
    const headers = { Authorization: `Bearer ${await issuer.token()}` }
    for (let count = 0; count < 2; count++) {
      expect((await service.request('/', { headers }, issuer.env)).status).toBe(401)
    }
    expect(kits.size).toBe(1)
  })
})

it.each([[undefined], [null], ['text']])('says what to do when the environment is %j', async (env) => {
  for (const middleware of [sealgate(), guard()] as MiddlewareHandler[]) {
    const service = new Hono().use(middleware)
    service.get('/', (c) => c.text('in')).onError((error) => new Response(String(error)))
    const request = new Request('https://a.test/')
    expect(await (await service.fetch(request, env as never)).text()).toBe(
      'ConfigError: there is no environment on the context: pass one to app.request(path, init, env), or give a kit',
    )
  }
})

describe('which request it is about', () => {
  const headers = { 'X-Request-Id': 'a1b2c3d4' }
  const bodyOf = async (response: Response): Promise<unknown> => {
    expect(response.headers.get('X-Request-Id')).toBe('a1b2c3d4')
    return response.json()
  }

  it.each([
    ['401', '/any', undefined],
    ['400', '/any', 'Bearer a, Bearer b'],
    ['403', '/users/2', 'token'],
  ])('stands in the body and in a header of a %s', async (status, path, authorization) => {
    const credentials =
      authorization === 'token' ? `Bearer ${await issuer.token({ sub: '1' })}` : authorization
    const response = await ask(path, credentials, headers)
    expect(response.status).toBe(Number(status))
    expect(await bodyOf(response)).toMatchObject({ request_id: 'a1b2c3d4' })
  })

  it('stands in the response of an outage', async () => {
    const down = await createTestIssuer()
    down.break()
    const authorization = { Authorization: `Bearer ${await down.token()}` }
    const response = await app.request('/any', { headers: { ...headers, ...authorization } }, down.env)
    expect(response.status).toBe(503)
    expect(await bodyOf(response)).toMatchObject({ request_id: 'a1b2c3d4' })
  })

  it.each([
    ['sealgate()', new Hono().get('/', sealgate(), (c) => c.text('in'))],
    ['guard()', new Hono().get('/', guard(), (c) => c.text('in'))],
  ])('stands in what Hono makes of an error that %s throws', async (_, misconfigured) => {
    const response = await misconfigured.request('/', { headers }, {})
    expect(response.status).toBe(500)
    expect(await bodyOf(response)).toMatchObject({ error: 'server_error', request_id: 'a1b2c3d4' })
  })

  it('is nothing that could stand for another text', async () => {
    const response = await ask('/any', undefined, { 'X-Request-Id': '{"event":"forged"}' })
    const id = response.headers.get('X-Request-Id')
    expect(id).toMatch(/^[\da-f-]{36}$/)
    expect(await response.json()).toMatchObject({ request_id: id })
  })
})
