import { Hono } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { guard as kitGuard } from '../hono.ts'
import { guard, sealgate, type SealgateEnv } from '../hono-verify.ts'
import { createKit, makeKit } from '../index.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import type { EventLine } from '../log/line-types.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import { boundRequests, denylist, makeVerifier, needAll, owner, policy, rolesAny } from '../verify.ts'

let issuer: TestIssuer
let reader: Record<string, string>

beforeAll(async () => {
  issuer = await createTestIssuer()
  reader = {
    Authorization: `Bearer ${await issuer.token({ sub: 'ada', permissions: ['read'], roles: ['analyst'] })}`,
  }
})

describe('guard of @sealgate/kit/hono/verify', () => {
  const app = new Hono<SealgateEnv>()
    .use(sealgate())
    .get('/any', guard(), (c) => c.text(c.var.auth.sub))
    .get('/rule', guard(needAll('read')), (c) => c.text(c.var.auth.sub))
    .get('/list', guard([needAll('read'), rolesAny('admin')]), (c) => c.text(c.var.auth.sub))
    .get('/policy', guard(policy().needAll('write')), (c) => c.text(c.var.auth.sub))
    .get(
      '/users/:id',
      guard((c) => owner(c.req.param('id'))),
      (c) => c.text('owner'),
    )
    .get('/optional', guard(undefined, { optional: true }), (c) => c.text('guest'))
    .get('/state', async (c) => c.json(await c.var.jwt.describe()))
  const statusOf = async (path: string, headers: Record<string, string> = reader): Promise<number> =>
    (await app.request(path, { headers }, issuer.env)).status

  it('decides by a rule, a list of rules, a policy, and a function of the context', async () => {
    const paths = ['/any', '/rule', '/list', '/policy', '/users/ada', '/users/bob']
    expect(await Promise.all(paths.map((path) => statusOf(path)))).toEqual([200, 200, 403, 403, 200, 403])
    expect(await statusOf('/any', {})).toBe(401)
    expect(await statusOf('/optional', {})).toBe(200)
    expect(await statusOf('/optional', { Authorization: 'Bearer x' })).toBe(401)
  })

  it('has a verifier on the context, and makes one where there is none', async () => {
    const state = await app.request('/state', {}, issuer.env)
    expect(await state.json()).toMatchObject({ verify: { source: 'service' } })
    const bare = new Hono().get('/', guard(needAll('read')), (c) => c.text('ok'))
    expect((await bare.request('/', { headers: reader }, issuer.env)).status).toBe(200)
  })

  it('fails for what is no policy, and for an empty list', async () => {
    expect(() => guard([])).toThrow('guard accepts a policy')
    expect(() => guard({} as never)).toThrow(ConfigError)
    const forgot = new Hono().get('/', guard((() => undefined) as never), (c) => c.text('ok'))
    expect((await forgot.request('/', { headers: reader }, issuer.env)).status).toBe(500)
  })

  it('takes parts by sealgate, and says which is missing without', async () => {
    const events: EventLine[] = []
    const list = { get: () => Promise.resolve(new Map()), put: () => Promise.resolve() }
    const env = { ...issuer.env, JWT_DENYLIST_NAME: 'LIST', LIST: list }
    const appWith = (parts: (typeof denylist)[]) =>
      new Hono()
        .use(sealgate({ parts, onEvent: (event) => events.push(event) }))
        .get('/', guard(), (c) => c.text('ok'))
    expect((await appWith([denylist]).request('/', { headers: reader }, env)).status).toBe(200)
    const denied = appWith([])
    denied.onError((error) => new Response(error.message, { status: 500 }))
    const response = await denied.request('/', { headers: reader }, env)
    expect(await response.text()).toMatch(/^JWT_DENYLIST_NAME needs the part denylist: import/)
  })
})

describe('the guard of @sealgate/kit/hono', () => {
  it('works over a verifier too, and that of /hono/verify over a kit', async () => {
    for (const one of [kitGuard, guard]) {
      for (const kit of [makeVerifier(issuer.env), makeKit(issuer.env)]) {
        const app = new Hono().get('/', one(needAll('read'), { kit }), (c) => c.text(c.var.auth.sub))
        const response = await app.request('/', { headers: reader })
        expect([response.status, await response.text()]).toEqual([200, 'ada'])
        expect((await app.request('/')).status).toBe(401)
      }
    }
  })

  it('accepts a bound request over a verifier that has the part, and fails over one that has not', async () => {
    const secret = generateSecret()
    const kit = createKit({ issuer: 'https://issuer.test', audience: 'reports', sign: { secret } })
    const env = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports', JWT_SECRET: secret }
    const pay = (): Request => new Request('https://reports.test/pay', { method: 'POST', body: '{}' })
    const headers = { Authorization: `Bearer ${await kit.sign({ sub: 'ada' }, { request: pay() })}` }
    const statusBy = async (verifier: ReturnType<typeof makeVerifier>): Promise<number> => {
      const app = new Hono().post('/pay', guard(undefined, { kit: verifier, bound: true }), (c) =>
        c.text('ok'),
      )
      return (await app.request(new Request(pay(), { headers }))).status
    }
    const events: EventLine[] = []
    const onEvent = (event: EventLine): void => void events.push(event)
    expect(await statusBy(makeVerifier(env, { parts: [boundRequests] }))).toBe(200)
    expect(await statusBy(makeVerifier(env, { onEvent }))).toBe(500)
    expect(events).toMatchObject([{ event: 'request_failed', reason: 'ERR_CONFIG' }])
  })
})
