import { createKit, type Kit } from '@sealgate/kit'
import { issueInternal, thumbprintOf } from '@sealgate/kit/gateway'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defineGateway, type OfflineDefinition } from '../config/definition.ts'
import { createTestGateway, type TestGateway } from '../testing.ts'
import { catchLogs, gatewayEnv, memoryKv, newSlot } from '../testing/fixtures.ts'
import { makeGateway } from '../gateway.ts'
import { renew } from './renew.ts'

const NOW = 1_800_000_000
const HOUR = 3600
const DAY = 24 * HOUR
const ada = { sub: 'auth0|ada', permissions: ['read:reports', 'export:reports', 'run:jobs'] }
const logs = catchLogs()

const grants: Readonly<Record<string, OfflineDefinition>> = {
  jobs: { maxAgeSeconds: DAY, permissions: ['read:reports', 'run:jobs'] },
}
const definition = (offline = grants) =>
  defineGateway({
    audiences: {
      jobs: { permissions: ['read:reports', 'export:reports', 'run:jobs'], roles: ['analyst'] },
      archive: { permissions: ['read:reports'], roles: [] },
    },
    routes: [{ match: '/jobs/*', methods: ['GET'], service: 'JOBS', audience: 'jobs' }],
    offline,
  })

let slots: readonly string[]
let denylist: ReturnType<typeof memoryKv>
beforeAll(async () => {
  slots = [await newSlot('slot-a'), await newSlot('slot-b')]
})
beforeEach(() => {
  denylist = memoryKv()
})

/** @param published indexes of slots, the one that signs first */
function start(offline = grants, published: readonly number[] = [0], now = NOW): Promise<TestGateway> {
  const names = published.map((index) => `SLOT_${index}`)
  const env = {
    JWT_PRIVATE_JWK_NAME: names.join(','),
    ...Object.fromEntries(published.map((index) => [`SLOT_${index}`, slots[index]])),
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: denylist,
  }
  return createTestGateway(definition(offline), { env, now: () => now })
}

/** The token that ada's own request brings to the service. */
async function present(gateway: TestGateway): Promise<string> {
  await gateway.fetch('/jobs/x', { headers: { Authorization: `Bearer ${await gateway.auth0.token(ada)}` } })
  return gateway.forwarded.at(-1)?.token ?? ''
}

const exchangeOf = (gateway: TestGateway, service = 'jobs') =>
  gateway.serviceEnv(service).GATEWAY_EXCHANGE as {
    renew(token: unknown, request: object): Promise<{ ok: boolean; code?: string; token?: string }>
  }
const renewed = (gateway: TestGateway, token: unknown, request: object = { audience: 'jobs' }) =>
  exchangeOf(gateway).renew(token, request)

describe('a token of a caller who has gone', () => {
  it('is renewed by the grant of its service: who it is stays, rights are cut, and it is marked', async () => {
    const gateway = await start()
    const token = await present(gateway)
    gateway.advance(2 * HOUR)
    const kit = gateway.kit('jobs')
    expect(await kit.safeVerify(token)).toMatchObject({ reason: 'expired' })
    const next = await kit.renew(token)
    const { sub, kind, auth_iat, act, client_id } = decodeJwt(token)
    expect(await kit.verify(next)).toMatchObject({
      ...{ sub, kind, auth_iat, act, client_id },
      aud: 'jobs',
      permissions: ['read:reports', 'run:jobs'],
      roles: [],
      offline: true,
      iat: NOW + 2 * HOUR,
      exp: NOW + 2 * HOUR + 900,
    })
    expect(decodeJwt(next).jti).not.toBe(decodeJwt(token).jti)
  })

  it('is renewed until it is as old as the grant allows, and what is renewed ends then too', async () => {
    const gateway = await start()
    const token = await present(gateway)
    gateway.advance(DAY - 60)
    const last = await renewed(gateway, token)
    expect(decodeJwt(last.token ?? '')).toMatchObject({ exp: NOW + DAY })
    gateway.advance(60)
    expect(await renewed(gateway, token)).toEqual({ ok: false, code: 'invalid_grant', status: 400 })
  })

  it('is renewed as often as its work is tried again, but a renewed one is not', async () => {
    const gateway = await start()
    const token = await present(gateway)
    gateway.advance(HOUR)
    const [one, other] = [await renewed(gateway, token), await renewed(gateway, token)]
    expect([one.ok, other.ok]).toEqual([true, true])
    expect(await renewed(gateway, one.token)).toMatchObject({ ok: false, code: 'invalid_grant' })
  })

  it('keeps its mark when it is delegated, and that one is not renewed either', async () => {
    const gateway = await start({ ...grants, archive: { maxAgeSeconds: DAY, permissions: [] } })
    const token = await present(gateway)
    gateway.advance(HOUR)
    const kit = gateway.kit('jobs')
    const auth = await kit.checkAuth(await kit.renew(token))
    if (!auth) throw new Error('it was not renewed')
    const next = await kit.delegate(auth, { aud: 'archive', permissions: ['read:reports'] })
    expect(decodeJwt(next)).toMatchObject({ offline: true, kind: 'user', act: { sub: 'jobs' } })
    const reply = await exchangeOf(gateway, 'archive').renew(next, { audience: 'archive' })
    expect(reply).toMatchObject({ ok: false, code: 'invalid_grant' })
  })

  it('stays bound to the key that it is bound to, and so is no bearer token', async () => {
    const gateway = await start()
    const jkt = 'k'.repeat(43)
    const kit = gateway.kit('jobs')
    const auth = await kit.checkAuth(await present(gateway))
    const exchange = gateway.serviceEnv('jobs').GATEWAY_EXCHANGE as {
      delegate(token: string, request: object): Promise<{ token?: string }>
    }
    const { token: bound = '' } = await exchange.delegate(gateway.forwarded.at(-1)?.token ?? '', {
      audience: 'jobs',
      jkt,
    })
    expect(auth?.sub).toBe('auth0|ada')
    gateway.advance(HOUR)
    const { token: next = '' } = await renewed(gateway, bound)
    for (const one of [bound, next]) {
      expect(decodeProtectedHeader(one).typ).toBe('msg+jwt')
      expect(decodeJwt(one)).toMatchObject({ cnf: { jkt }, act: { sub: 'jobs', act: { sub: 'gateway' } } })
    }
    expect(await kit.safeVerify(next)).toMatchObject({ reason: 'wrong_type' })
    expect(await kit.verify(next, { typ: 'msg+jwt' })).toMatchObject({ offline: true })
  })
})

describe('nothing is renewed', () => {
  it.each<[what: string, revoke: (kit: Kit, token: string) => Promise<void>]>([
    ['its subject', (kit) => kit.revoke({ sub: 'auth0|ada' })],
    [
      'the token itself, though it had ended long before',
      (kit, token) => kit.revoke({ jti: String(decodeJwt(token).jti) }),
    ],
    ['a party that acts', (kit) => kit.revoke({ sub: 'gateway' })],
  ])('that was revoked since: %s', async (_, revoke) => {
    const gateway = await start()
    const token = await present(gateway)
    expect((await renewed(gateway, token)).ok).toBe(true)
    await revoke(gateway.kit('jobs'), token)
    gateway.advance(12 * HOUR)
    expect(await renewed(gateway, token)).toEqual({ ok: false, code: 'invalid_token', status: 401 })
  })

  it('that a key signed which is revoked', async () => {
    const gateway = await start()
    const token = await present(gateway)
    const { x } = JSON.parse(slots[0] ?? '') as { x: string }
    await gateway.kit('jobs').revoke({ thumbprint: await thumbprintOf(x) })
    gateway.advance(HOUR)
    expect(await renewed(gateway, token)).toMatchObject({ ok: false, code: 'invalid_token' })
  })

  it('after its key is gone: a rotation ends what it signed, once the old key is retired', async () => {
    const token = await present(await start())
    const announced = await start(grants, [1, 0], NOW + HOUR)
    expect((await renewed(announced, token)).ok).toBe(true)
    const retired = await start(grants, [1], NOW + HOUR)
    expect(await renewed(retired, token)).toEqual({ ok: false, code: 'invalid_token', status: 401 })
  })

  it('without a grant for its service', async () => {
    const gateway = await start({})
    const token = await present(gateway)
    expect(await renewed(gateway, token)).toEqual({ ok: false, code: 'invalid_grant', status: 400 })
  })

  it.each<[what: string, request: object, code: string]>([
    ['for another audience', { audience: 'archive' }, 'unauthorized_client'],
    ['without an audience', {}, 'invalid_request'],
    [
      'with more rights than are granted',
      { audience: 'jobs', permissions: ['export:reports'] },
      'invalid_request',
    ],
  ])('%s', async (_, request, code) => {
    const gateway = await start()
    expect(await renewed(gateway, await present(gateway), request)).toMatchObject({ ok: false, code })
  })

  it('for a service that the token is not for', async () => {
    const gateway = await start({ ...grants, archive: { maxAgeSeconds: DAY, permissions: [] } })
    const reply = await exchangeOf(gateway, 'archive').renew(await present(gateway), { audience: 'archive' })
    expect(reply).toMatchObject({ ok: false, code: 'invalid_token' })
  })

  it.each([
    ['that nobody signed', (token: string) => token.replace(/\.[^.]{4}/, '.AAAA')],
    ['that is no text', () => 7],
    ['that is too long', () => 'a'.repeat(10_000)],
  ])('%s', async (_, change: (token: string) => unknown) => {
    const gateway = await start()
    const reply = await renewed(gateway, change(await present(gateway)))
    expect(reply).toEqual({ ok: false, code: 'invalid_token', status: 401 })
  })

  it('of another kind: a request’s, a transaction’s', async () => {
    const env = gatewayEnv({
      JWT_PRIVATE_JWK_NAME: 'SLOT',
      SLOT: slots[0],
      JWT_DENYLIST_NAME: 'DENYLIST',
      DENYLIST: denylist,
      AUDIENCES: undefined,
      ROUTES: undefined,
      JOBS: { fetch: () => new Response() },
    })
    const gateway = makeGateway(env, definition())
    for (const typ of ['req+jwt', 'txntoken+jwt']) {
      const token = await issueInternal(gateway.kitFor('jobs'), {
        claims: { sub: 'auth0|ada' },
        aud: 'jobs',
        expiresAt: Math.floor(Date.now() / 1000) + 60,
        typ,
      })
      await expect(renew(gateway, 'jobs', token, { audience: 'jobs' })).rejects.toMatchObject({
        detail: 'wrong_type',
      })
    }
  })

  it('while the deny-list cannot be read', async () => {
    const gateway = await start()
    const token = await present(gateway)
    denylist.get = () => Promise.reject(new Error('down'))
    gateway.advance(HOUR)
    expect(await renewed(gateway, token)).toMatchObject({ ok: false, status: 503 })
  })
})

describe('a grant', () => {
  const started = (offline: object, env: object = {}): Promise<TestGateway> =>
    createTestGateway(definition(offline as typeof grants), {
      env: { JWT_DENYLIST_NAME: 'DENYLIST', DENYLIST: denylist, ...env },
    })

  it.each<[what: string, offline: object, problem: string]>([
    ['for an audience that there is not', { job: grants.jobs }, 'names job, which is not in AUDIENCES'],
    [
      'of a right that its audience never carries',
      { archive: { maxAgeSeconds: 60, permissions: ['run:jobs'] } },
      'archive names run:jobs, which the audience never carries',
    ],
    [
      'for longer than 31 days',
      { jobs: { ...grants.jobs, maxAgeSeconds: 31 * DAY + 1 } },
      'offline.jobs.maxAgeSeconds',
    ],
    ['for no time', { jobs: { ...grants.jobs, maxAgeSeconds: 0 } }, 'offline.jobs.maxAgeSeconds'],
    ['of roles', { jobs: { ...grants.jobs, roles: ['analyst'] } }, 'offline.jobs'],
  ])('%s does not start', async (_, offline, problem) => {
    await expect(started(offline)).rejects.toThrow(problem)
  })

  it('without a deny-list does not start: nobody could end what is renewed', async () => {
    await expect(started(grants, { JWT_DENYLIST_NAME: '' })).rejects.toThrow('set JWT_DENYLIST_NAME')
  })

  it('keeps what was revoked on the deny-list as long as it could be renewed', async () => {
    const lifetimes: number[] = []
    denylist.put = (_key, _value, { expirationTtl }) => Promise.resolve(void lifetimes.push(expirationTtl))
    const gateway = await start()
    const token = await present(gateway)
    await gateway.fetch('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token }) })
    expect(lifetimes).toEqual([31 * DAY])
  })
})

it('a kit without the gateway renews nothing', async () => {
  const kit = createKit({
    issuer: 'https://issuer.test',
    audience: 'jobs',
    verify: { secret: 'A'.repeat(86) },
  })
  await expect(kit.renew('x')).rejects.toThrow('renew needs the gateway: JWT_EXCHANGE_SERVICE_NAME')
  expect(logs.text()).not.toContain('auth0|ada')
})
