import { createKit } from '@sealgate/kit'
import { verifyReceipt } from '@sealgate/kit/approvals'
import { issueInternal } from '@sealgate/kit/gateway'
import { decodeJwt } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { issue } from '../exchange/issue.ts'
import { makeGateway } from '../gateway.ts'
import { catchLogs, gatewayEnv, INTERNAL_ISSUER, memoryKv, newSlot } from '../testing/fixtures.ts'
import { Admin, definition, Exchange } from '../testing/test-gateway.ts'

const ACT = { tool: 'transfer', args: { to: 'canary-payee', amount: 120 } }
const OUTCOME = { outcome: { paid: 'canary-payment' } }
const logs = catchLogs()

let env: Record<string, unknown>
let approval: string

beforeAll(async () => {
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A',
    SLOT_A: await newSlot('slot-a'),
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: memoryKv(),
  })
})
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  approval = await newApproval()
})
afterEach(() => {
  vi.useRealTimers()
  for (const secret of [approval, 'auth0|', 'canary']) expect(logs.text()).not.toContain(secret)
})

const seconds = (): number => Math.floor(Date.now() / 1000)
const exchange = (service: unknown, on = env): InstanceType<typeof Exchange> =>
  new Exchange({ props: { service } } as ExecutionContext, on)

async function newApproval(sub = 'auth0|alice'): Promise<string> {
  const gateway = makeGateway(env, definition)
  const now = seconds()
  const subject = { sub, iat: now, exp: now + 600, auth_iat: now, permissions: ['read:reports'] }
  const issued = await issue(gateway, subject, { audience: 'reports' })
  if (!issued.ok) throw new Error(issued.rejection)
  const result = await exchange('reports').approve(issued.token, { audience: 'archive', ...ACT })
  if (!result.ok) throw new Error(result.code)
  return result.token
}

describe('Exchange.receipt', () => {
  it('signs what came of it, for whoever has the published keys', async () => {
    const result = await exchange('archive').receipt(approval, OUTCOME)
    if (!result.ok) throw new Error(result.code)
    expect(result.receipt).toEqual({
      approval: decodeJwt(approval),
      ...OUTCOME,
      issued_at: seconds(),
      jws: expect.stringMatching(/^[\w-]+\.\.[\w-]+$/) as string,
    })
    const jwks = await makeGateway(env, definition).kitFor('archive').jwks()
    const kept: unknown = JSON.parse(JSON.stringify({ ...result.receipt, act: ACT }))
    expect(await verifyReceipt(kept, jwks)).toMatchObject({ ok: true, kid: 'slot-a' })
  })

  it('leaves a line that joins the approval', async () => {
    await exchange('archive').receipt(approval, OUTCOME, { 'X-Request-Id': 'a1b2c3d4' })
    await vi.waitFor(() => {
      expect(logs.lines().flat()).toContainEqual(
        expect.objectContaining({
          event: 'approval',
          outcome: 'receipt',
          entrypoint: 'Exchange.receipt',
          request_id: 'a1b2c3d4',
          jti: decodeJwt(approval).jti,
        }),
      )
    })
  })

  it('is to be had until five minutes after the end of the approval', async () => {
    vi.setSystemTime(Date.now() + 359_000)
    expect(await exchange('archive').receipt(approval, OUTCOME)).toMatchObject({ ok: true })
    vi.setSystemTime(Date.now() + 1000)
    expect(await exchange('archive').receipt(approval, OUTCOME)).toMatchObject({ code: 'invalid_token' })
  })

  it.each([
    ['the agent that acted', 'reports'],
    ['a service that is not known', 'unknown'],
    ['nobody', undefined],
  ])('is not for %s, though it has the approval', async (_, service) => {
    const result = await exchange(service).receipt(approval, OUTCOME)
    expect(result).toMatchObject({ ok: false })
    expect(['invalid_token', 'unauthorized_client']).toContain(result.ok ? '' : result.code)
  })

  it.each<[what: string, token: () => unknown]>([
    ['an access token', () => issued({})],
    ['a transaction token that approves nothing', () => issued({}, 'txntoken+jwt')],
    [
      'a transaction token of a machine',
      () => issued({ kind: 'machine', act_hash: 'x', txn: 'x', act: { sub: 'a' } }, 'txntoken+jwt'),
    ],
    ['an approval that was changed', () => approval.replace(/\.[^.]{4}/, '.AAAA')],
    ['no text', () => ({ approval })],
    ['nothing', () => undefined],
  ])('is of an approval, and not of %s', async (_, token) => {
    expect(await exchange('archive').receipt((await token()) as string, OUTCOME)).toEqual({
      ok: false,
      code: 'invalid_token',
      status: 401,
    })
  })

  it('is not of one that was revoked since', async () => {
    const given = await newApproval('auth0|mallory')
    const admin = new Admin({ props: { service: 'ops', admin: true } } as ExecutionContext, env)
    await admin.revoke({ jti: String(decodeJwt(given).jti) })
    vi.setSystemTime(Date.now() + 31_000)
    expect(await exchange('archive').receipt(given, OUTCOME)).toMatchObject({ code: 'invalid_token' })
  })

  it.each<[what: string, request: unknown]>([
    ['nothing', undefined],
    ['no outcome', {}],
    ['more than the outcome', { ...OUTCOME, approval: {} }],
    ['an outcome that is no JSON', { outcome: NaN }],
    ['an outcome of 2049 characters', { outcome: 'x'.repeat(2047) }],
    ['an outcome that does not fit', { outcome: '\u4e00'.repeat(2046) }],
  ])('is for an outcome, and not for %s', async (_, request) => {
    expect(await exchange('archive').receipt(approval, request as typeof OUTCOME)).toEqual({
      ok: false,
      code: 'invalid_request',
      status: 400,
    })
  })

  it('takes an outcome of 2048 characters', async () => {
    expect(await exchange('archive').receipt(approval, { outcome: 'x'.repeat(2046) })).toMatchObject({
      ok: true,
    })
  })

  it('is not there with HS512: only the service itself could verify it', async () => {
    const shared = gatewayEnv({ JWT_SECRET_NAME: 'SECRET_R', SECRET_R: 'A'.repeat(86) })
    expect(await exchange('archive', shared).receipt(approval, OUTCOME)).toEqual({
      ok: false,
      code: 'not_implemented',
      status: 501,
    })
  })
})

describe('jwt.receipt', () => {
  it('is for an approval that a guard of this service took', async () => {
    const { keys } = await makeGateway(env, definition).kitFor('archive').jwks()
    const config = { issuer: INTERNAL_ISSUER, audience: 'archive', verify: { publicJwk: { keys } } }
    const service = createKit({ ...config, exchangeService: exchange('archive') })
    const made = { ...ACT, sub: 'a', agent: 'b', txn: 'c', jti: 'd', permissions: [], approvedAt: 1 }
    await expect(service.receipt(made, {})).rejects.toThrow('receipt accepts an approval that was taken here')
    await expect(createKit(config).receipt(made, {})).rejects.toThrow(/JWT_EXCHANGE_SERVICE_NAME/)
  })
})

/** A token for `archive` that the gateway signed. */
function issued(claims: object, typ = 'JWT'): Promise<string> {
  return issueInternal(makeGateway(env, definition).kitFor('archive'), {
    claims: { sub: 'auth0|alice', kind: 'user', ...claims },
    aud: 'archive',
    expiresAt: seconds() + 60,
    typ,
  })
}
