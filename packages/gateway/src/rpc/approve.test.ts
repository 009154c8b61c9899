import { actHash, createKit } from '@sealgate/kit'
import { issueInternal, type IssueRequest } from '@sealgate/kit/gateway'
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { issue } from '../exchange/issue.ts'
import { makeGateway } from '../gateway.ts'
import { catchLogs, gatewayEnv, INTERNAL_ISSUER, memoryKv, newSlot } from '../testing/fixtures.ts'
import { Admin, definition, Exchange } from '../testing/test-gateway.ts'

const AGENT = 'reports'
const SERVICE = 'archive'
const ACT = { tool: 'transfer', args: { to: 'canary-payee', amount: 120 } }
const REQUEST = { audience: SERVICE, ...ACT }
const logs = catchLogs()

let env: Record<string, unknown>
/** Alice's own token, as the gateway issues it to the service that her Agent runs in. */
let token: string

const seconds = (): number => Math.floor(Date.now() / 1000)

beforeAll(async () => {
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: memoryKv(),
  })
})
beforeEach(async () => {
  // A second that begins in the middle of a test would change what is compared.
  vi.useFakeTimers({ toFake: ['Date'] })
  token = await own()
})
afterEach(() => {
  vi.useRealTimers()
  expect(logs.text()).not.toContain(token)
  expect(logs.text()).not.toContain('auth0|alice')
  expect(logs.text()).not.toContain('canary-payee')
})

async function own(claims: object = {}, on = env): Promise<string> {
  const subject = { sub: 'auth0|alice', iat: seconds() - 60, exp: seconds() + 600, auth_iat: seconds() - 120 }
  const issued = await issue(
    makeGateway(on, definition),
    { ...subject, permissions: ['read:reports', 'export:reports'], ...claims },
    { audience: AGENT },
  )
  if (!issued.ok) throw new Error(issued.rejection)
  return issued.token
}

/** A token that the gateway signed, changed as given. */
function signed(claims: Partial<IssueRequest['claims']>, more: Partial<IssueRequest> = {}): Promise<string> {
  return issueInternal(makeGateway(env, definition).kitFor(AGENT), {
    claims: {
      sub: 'auth0|alice',
      kind: 'user',
      act: { iss: INTERNAL_ISSUER, sub: 'gateway' },
      permissions: ['read:reports'],
      ...claims,
    },
    aud: AGENT,
    expiresAt: seconds() + 600,
    ...more,
  })
}

function exchange(on = env, props: unknown = { service: AGENT }): InstanceType<typeof Exchange> {
  return new Exchange({ props } as ExecutionContext, on)
}

async function approved(request: object = REQUEST, from = token): Promise<string> {
  const result = await exchange().approve(from, request)
  if (!result.ok) throw new Error(`rejected: ${result.code}`)
  return result.token
}

describe('Exchange.approve', () => {
  it('issues a transaction token for the one act of the one agent for the one service', async () => {
    const approval = await approved()
    expect(decodeProtectedHeader(approval)).toEqual({ alg: 'EdDSA', typ: 'txntoken+jwt', kid: 'slot-a' })
    const uuid = expect.stringMatching(/^[\da-f-]{36}$/) as string
    expect(decodeJwt(approval)).toEqual({
      iss: INTERNAL_ISSUER,
      aud: SERVICE,
      sub: 'auth0|alice',
      kind: 'user',
      act: { iss: INTERNAL_ISSUER, sub: AGENT, act: { iss: INTERNAL_ISSUER, sub: 'gateway' } },
      auth_iat: decodeJwt(token).auth_iat,
      scope: 'read:reports',
      req_wl: AGENT,
      act_hash: await actHash(ACT.tool, ACT.args),
      txn: uuid,
      jti: uuid,
      iat: seconds(),
      exp: seconds() + 60,
    })
  })

  it('issues another transaction each time: a second yes is one of its own', async () => {
    const [one, other] = [decodeJwt(await approved()), decodeJwt(await approved())]
    expect(one.jti).not.toBe(other.jti)
    expect(one.txn).not.toBe(other.txn)
  })

  it('ends with the token that it was given for, when that ends first', async () => {
    const short = await signed({}, { expiresAt: seconds() + 20 })
    expect(decodeJwt(await approved(REQUEST, short)).exp).toBe(seconds() + 20)
  })

  it('is what the kit of a service calls, with its caller or with their token', async () => {
    const { keys } = await makeGateway(env, definition).kitFor(AGENT).jwks()
    const service = createKit({
      issuer: INTERNAL_ISSUER,
      audience: AGENT,
      verify: { publicJwk: { keys } },
      exchangeService: exchange(),
    })
    const auth = await service.checkAuth(token)
    if (!auth) throw new Error('rejected')
    for (const caller of [auth, token]) {
      const approval = await service.approve(caller, { aud: SERVICE, ...ACT, permissions: [] })
      expect(decodeJwt(approval)).toMatchObject({ aud: SERVICE, scope: '' })
    }
  })

  it('leaves a line that names neither the person nor what they approved', async () => {
    const correlation = { 'X-Request-Id': 'a1b2c3d4' }
    const result = await exchange().approve(token, REQUEST, correlation)
    const jti = result.ok ? decodeJwt(result.token).jti : undefined
    await vi.waitFor(() => {
      expect(logs.lines().flat()).toContainEqual(
        expect.objectContaining({
          level: 'info',
          event: 'approval',
          outcome: 'issued',
          entrypoint: 'Exchange.approve',
          request_id: 'a1b2c3d4',
          audience: SERVICE,
          jti,
          sub_hash: expect.any(String) as string,
        }),
      )
    })
  })

  describe('narrows the scope to what was requested, and never widens it', () => {
    it.each<[requested: readonly string[] | undefined, scope: string]>([
      [undefined, 'read:reports'],
      [['read:reports'], 'read:reports'],
      [['read:reports', 'read:reports'], 'read:reports'],
      [[], ''],
    ])('%j becomes %j', async (permissions, scope) => {
      const request = { ...REQUEST, ...(permissions && { permissions }) }
      expect(decodeJwt(await approved(request)).scope).toBe(scope)
    })

    it.each<[what: string, permission: string]>([
      ['what the person does not have', 'manage:all'],
      ['what they have and the audience never carries', 'export:reports'],
    ])('%s is rejected', async (_, permission) => {
      expect(await exchange().approve(token, { ...REQUEST, permissions: [permission] })).toEqual({
        ok: false,
        code: 'invalid_scope',
        status: 400,
      })
    })
  })

  describe('is for the person alone', () => {
    const actor = { iss: INTERNAL_ISSUER, sub: 'gateway' }
    it.each<[who: string, from: () => Promise<string>]>([
      [
        'the agent itself, by the token that it was delegated',
        async () => {
          const result = await exchange().delegate(token, { audience: AGENT })
          if (!result.ok) throw new Error(result.code)
          return result.token
        },
      ],
      ['an actor that Auth0 named', () => own({ act: { sub: 'agent@clients' } })],
      ['another party in place of the gateway', () => signed({ act: { ...actor, sub: 'other' } })],
      ['a gateway of another issuer', () => signed({ act: { ...actor, iss: 'https://other.internal' } })],
      ['nobody knows who acts', () => signed({ act: undefined as unknown as typeof actor })],
      ['a machine', () => own({ sub: 'm2m@clients' })],
      ['a token of the kind agent', () => signed({ kind: 'agent' })],
      ['an anonymous caller', () => signed({ kind: 'anonymous', sub: 'anon:1' })],
      ['a token without a kind', () => signed({ kind: undefined as unknown as 'user' })],
      ['a token that was renewed without the person', () => signed({ offline: true })],
    ])('and not for %s', async (_, from) => {
      expect(await exchange().approve(await from(), REQUEST)).toEqual({
        ok: false,
        code: 'access_denied',
        status: 400,
      })
    })
  })

  describe('needs the token that the person came with', () => {
    const denied = { ok: false, code: 'invalid_token', status: 401 }
    it.each<[what: string, from: () => unknown]>([
      ['that is over', () => signed({}, { expiresAt: seconds() + 1 })],
      ['for another service', () => signed({}, { aud: SERVICE })],
      ['that is an approval itself', () => approved()],
      ['that was changed', () => token.replace(/\.[^.]{4}/, '.AAAA')],
      ['that is none', () => 'nonsense'],
      ['that is no text', () => ({ token })],
    ])('and not one %s', async (_, from) => {
      const given = (await from()) as string
      vi.setSystemTime(Date.now() + 2000)
      expect(await exchange().approve(given, REQUEST)).toEqual(denied)
    })

    it('and not one of a person who was revoked since', async () => {
      const mallory = await own({ sub: 'auth0|mallory' })
      expect(await exchange().approve(mallory, REQUEST)).toMatchObject({ ok: true })
      const admin = new Admin({ props: { service: 'ops', admin: true } } as ExecutionContext, env)
      expect(await admin.revoke({ sub: 'auth0|mallory' })).toMatchObject({ ok: true })
      vi.setSystemTime(Date.now() + 31_000)
      expect(await exchange().approve(mallory, REQUEST)).toEqual(denied)
    })
  })

  it.each<[what: string, change: object, code: string]>([
    ['no audience', { audience: undefined }, 'invalid_request'],
    ['an audience that is not known', { audience: 'unknown' }, 'invalid_target'],
    ['no tool', { tool: undefined }, 'invalid_request'],
    ['an empty tool', { tool: '' }, 'invalid_request'],
    ['a tool of 257 characters', { tool: 'x'.repeat(257) }, 'invalid_request'],
    ['arguments that are no JSON', { args: { amount: NaN } }, 'invalid_request'],
    ['a date in the arguments', { args: { at: new Date(0) } }, 'invalid_request'],
    ['half a character in the arguments', { args: '\ud83d' }, 'invalid_request'],
    ['arguments of more than 65536 characters', { args: 'x'.repeat(65_536) }, 'invalid_request'],
    ['permissions that are no list', { permissions: 'read:reports' }, 'invalid_request'],
    ['a lifetime', { ttlSeconds: 3600 }, 'invalid_request'],
    ['a subject', { sub: 'auth0|bob' }, 'invalid_request'],
  ])('rejects %s', async (_, change, code) => {
    expect(await exchange().approve(token, { ...REQUEST, ...change })).toEqual({
      ok: false,
      code,
      status: 400,
    })
  })

  it.each([undefined, null, 7, 'transfer', []])('rejects the request %j', async (request) => {
    const result = await exchange().approve(token, request as unknown as object)
    expect(result).toEqual({ ok: false, code: 'invalid_request', status: 400 })
  })

  it('is for services whose binding names them', async () => {
    const denied = { ok: false, code: 'unauthorized_client', status: 403 }
    expect(await exchange(env, {}).approve(token, REQUEST)).toEqual(denied)
    expect(await exchange(env, { service: 'unknown' }).approve(token, REQUEST)).toEqual(denied)
  })

  it.each<[what: string, secrets: object]>([
    ['one secret for all', { JWT_SECRET_NAME: 'SECRET_R' }],
    ['a secret for each audience', { JWT_SECRETS_BY_AUDIENCE: { reports: 'SECRET_R', archive: 'SECRET_A' } }],
  ])('is not there with HS512, %s: services could write the yes themselves', async (_, secrets) => {
    const shared = gatewayEnv({
      ...secrets,
      SECRET_R: 'A'.repeat(86),
      SECRET_A: 'B'.repeat(85) + 'A',
    })
    const denied = { ok: false, code: 'not_implemented', status: 501 }
    expect(await exchange(shared).approve(await own({}, shared), REQUEST)).toEqual(denied)
  })
})

describe('an approval', () => {
  it('is not replaced by a token that is not taken once', async () => {
    const approval = await approved()
    for (const service of [AGENT, SERVICE]) {
      expect(await exchange(env, { service }).delegate(approval, { audience: SERVICE })).toEqual({
        ok: false,
        code: 'invalid_token',
        status: 401,
      })
    }
  })

  it('is no access token', async () => {
    const approval = await approved()
    const service = exchange(env, { service: SERVICE })
    expect(await service.introspect(approval, { audience: SERVICE })).toEqual({ ok: true, active: false })
  })

  it('is of its own claims: what a hook or a client adds names no act', async () => {
    const claims: JWTPayload = decodeJwt(await own({ act_hash: await actHash(ACT.tool, ACT.args) }))
    expect(claims.act_hash).toBeUndefined()
  })
})
