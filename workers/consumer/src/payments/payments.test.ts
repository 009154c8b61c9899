import { env } from 'cloudflare:workers'
import { actHash, parse } from '@sealgate/kit'
import { createTestIssuer, type TestClaims, type TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { paymentsApp } from './app.ts'

const ISSUER = 'https://issuer.test'
const gateway = { iss: ISSUER, sub: 'gateway' }
/** The chat's service, which acts for the person. */
const chat = { iss: ISSUER, sub: 'reports', act: gateway }
const LARGE = { to: 'Ada', amount: 250, currency: 'EUR' }

let issuer: TestIssuer
let serial = 0
let payer: TestClaims & { readonly sub: string }

beforeAll(async () => {
  issuer = await createTestIssuer({ issuer: ISSUER, audience: 'payments' })
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
beforeEach(() => {
  serial++
  payer = { sub: `auth0|payer-${serial}`, kind: 'user', act: chat, permissions: ['write:payments'] }
})

/** As the entrypoint has them; the gateway's receipts are of its own tests. */
const bindingsOf = (): object => ({
  ...env,
  ...issuer.env,
  JWT_APPROVALS_NAME: 'UsedApprovals',
  JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE',
  EXCHANGE: exchange,
})

const exchange = {
  delegate: () => Promise.reject(new Error('nobody delegates here')),
  receipt: (approval: string, { outcome }: { readonly outcome: unknown }) =>
    Promise.resolve({
      ok: true,
      receipt: { approval: parse(approval).payload, issued_at: 1, outcome, jws: 'a..b' },
    }),
}

async function send(
  path: string,
  claims: TestClaims,
  init: RequestInit = {},
  approval?: string,
): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${await issuer.token(claims)}`,
    ...(approval !== undefined && { 'Txn-Token': approval }),
  }
  return paymentsApp.request(path, { ...init, headers }, bindingsOf())
}

const pay = (order: unknown, approval?: string, claims: TestClaims = payer): Promise<Response> =>
  send('/payments', claims, { method: 'POST', body: JSON.stringify(order) }, approval)

/** What the gateway issues when the payer says yes to this order. */
async function yes(order: object, claims: TestClaims = {}): Promise<string> {
  const own = {
    sub: payer.sub,
    kind: 'user',
    act: chat,
    act_hash: await actHash('pay', order),
    scope: 'write:payments',
    txn: `txn-${serial}`,
  } as const
  return issuer.token({ ...own, ...claims }, { typ: 'txntoken+jwt', ttlSeconds: 60 })
}

const listOf = async (claims: TestClaims): Promise<readonly unknown[]> => {
  const response = await send('/payments', claims)
  return (await response.json<{ readonly payments: readonly unknown[] }>()).payments
}

describe('a payment', () => {
  it('that is small is booked on the agent’s word, which is named', async () => {
    const response = await pay({ ...LARGE, amount: 100 })
    expect(response.status).toBe(201)
    expect(await listOf(payer)).toEqual([
      {
        ...LARGE,
        amount: 100,
        agent: 'reports',
        at: expect.any(Number) as number,
        id: expect.any(String) as string,
        hasReceipt: false,
      },
    ])
  })

  it('that is large is booked with the payer’s approval, and says who gave it', async () => {
    const response = await pay(LARGE, await yes(LARGE))
    expect(response.status).toBe(201)
    const { id } = await response.json<{ readonly id: string }>()
    expect(await listOf(payer)).toMatchObject([
      { ...LARGE, id, agent: 'reports', approvedBy: payer.sub, txn: `txn-${serial}`, hasReceipt: true },
    ])
    const receipt = await send(`/payments/${id}/receipt`, payer)
    expect(await receipt.json()).toMatchObject({
      approval: { sub: payer.sub },
      act: { tool: 'pay', args: LARGE },
      outcome: { payment: id, status: 'booked' },
      jws: 'a..b',
    })
  })

  it.each<[what: string, approval: () => Promise<string> | undefined]>([
    ['without an approval', () => undefined],
    ['with an approval of another sum', () => yes({ ...LARGE, amount: 249 })],
    ['with an approval of another currency', () => yes({ ...LARGE, currency: 'USD' })],
    ['with another person’s approval', () => yes(LARGE, { sub: 'auth0|mallory' })],
    ['with an approval for another agent', () => yes(LARGE, { act: { ...chat, sub: 'backoffice' } })],
    ['with the bearer token in its place', () => issuer.token(payer)],
  ])('that is large is denied %s', async (_, approval) => {
    const response = await pay(LARGE, await approval())
    expect(response.status).toBe(403)
    expect(response.headers.get('WWW-Authenticate')).toContain('insufficient_scope')
    expect(await listOf(payer)).toEqual([])
  })

  it('is booked once for one approval, though it comes twice at once', async () => {
    const approval = await yes(LARGE)
    const responses = await Promise.all([pay(LARGE, approval), pay(LARGE, approval)])
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 403])
    expect(await listOf(payer)).toHaveLength(1)
  })

  it('needs the permission, whatever somebody approved', async () => {
    const without = { ...payer, permissions: [] }
    expect((await pay({ ...LARGE, amount: 5 }, undefined, without)).status).toBe(403)
    expect((await pay(LARGE, await yes(LARGE), without)).status).toBe(403)
  })

  it.each([
    {},
    { ...LARGE, amount: -5 },
    { ...LARGE, amount: '250' },
    { ...LARGE, currency: 'XYZ' },
    { ...LARGE, to: '' },
    { ...LARGE, to: '\u202eadA' },
    { ...LARGE, to: 'Ada\u200b' },
    { ...LARGE, to: 'Ada\nand all the others' },
    { ...LARGE, more: 1 },
    'no object',
  ])('is rejected for %j', async (order) => {
    expect((await pay(order, await yes(LARGE))).status).toBe(400)
  })
})

it('keeps payments and receipts out of every cache', async () => {
  const booked = await pay(LARGE, await yes(LARGE))
  const { id } = await booked.clone().json<{ readonly id: string }>()
  const responses = [booked, await send('/payments', payer), await send(`/payments/${id}/receipt`, payer)]
  expect(responses.map(({ status }) => status)).toEqual([201, 200, 200])
  expect(responses.map(({ headers }) => headers.get('Cache-Control'))).toEqual(
    responses.map(() => 'no-store'),
  )
})

it('nobody sees payments or receipts of somebody else', async () => {
  const response = await pay(LARGE, await yes(LARGE))
  const booked = await response.json<{ readonly id: string }>()
  const other = { ...payer, sub: 'auth0|other' }
  expect(await listOf(other)).toEqual([])
  expect((await send(`/payments/${booked.id}/receipt`, other)).status).toBe(404)
  expect((await paymentsApp.request('/payments', {}, bindingsOf())).status).toBe(401)
})
