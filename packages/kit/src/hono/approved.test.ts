import { Hono } from 'hono'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApprovalStore } from '../approvals/approval-store.ts'
import { ConfigError, KeysUnavailableError } from '../errors.ts'
import type { Decision, Denied } from '../http/decision.ts'
import { createKit } from '../kit/create-kit.ts'
import { createVerifier } from '../kit/create-verifier.ts'
import { approvals, denylist } from '../kit/verifier-parts.ts'
import { verifyApproval } from '../kit/verify-approval.ts'
import { policy } from '../policy/builder.ts'
import { createTestIssuer, type TestClaims, type TestIssuer } from '../testing/test-issuer.ts'
import { actHash } from '../tokens/act-hash.ts'
import { guard } from './middleware.ts'
import { guard as verifyGuard } from './verifier-middleware.ts'

const ISSUER = 'https://issuer.test'
const ACT = { tool: 'transfer', args: { to: 'bob', amount: 120 } }
const gateway = { iss: ISSUER, sub: 'gateway' }
const assistant = { iss: ISSUER, sub: 'assistant', act: gateway }
const REQUIRED = policy().needAll('write:payments')

let issuer: TestIssuer
let time: number
const now = (): number => time
/** How often each approval was to be used. */
let uses: Map<string, number>
let untils: number[]
const store: ApprovalStore = {
  use(name, until) {
    untils.push(until)
    uses.set(name, (uses.get(name) ?? 0) + 1)
    return Promise.resolve(uses.get(name) === 1)
  },
}

beforeEach(async () => {
  time = 1_800_000_000
  uses = new Map()
  untils = []
  issuer = await createTestIssuer({ now, audience: 'payments' })
})

const config = (more: object = {}) => ({
  issuer: ISSUER,
  audience: 'payments',
  verify: { jwksService: issuer.binding },
  now,
  logLevel: 'off' as const,
  approvals: store,
  ...more,
})

/** The agent's token for the service: it acts for the person. */
const bearer = (claims: TestClaims = {}): Promise<string> =>
  issuer.token({
    sub: 'auth0|alice',
    kind: 'user',
    act: assistant,
    permissions: ['read:payments', 'write:payments'],
    ...claims,
  })

/** The person's yes. */
async function approval(claims: TestClaims = {}, more: object = {}): Promise<string> {
  const own = {
    sub: 'auth0|alice',
    kind: 'user',
    act: assistant,
    act_hash: await actHash(ACT.tool, ACT.args),
    scope: 'write:payments',
    txn: crypto.randomUUID(),
  } as const
  return issuer.token({ ...own, ...claims }, { typ: 'txntoken+jwt', ttlSeconds: 60, ...more })
}

interface Sent {
  readonly body?: unknown
  readonly text?: string
  readonly token?: string
  readonly approval?: string | readonly string[] | undefined
}

interface Outcome {
  readonly status: number
  readonly body: unknown
  readonly decision: Decision | undefined
  readonly response: Response
}

/** The Worker of payments. */
async function pay(sent: Sent = {}, kit = createKit(config())): Promise<Outcome> {
  let decision: Decision | undefined
  const app = new Hono().post(
    '/payments',
    guard(REQUIRED, {
      kit,
      approved: async (c) => ({ tool: 'transfer', args: await c.req.json<unknown>() }),
      onDecision: (one) => (decision = one),
    }),
    async (c) => c.json({ ...c.var.approval, again: await c.req.json<unknown>(), caller: c.var.auth.sub }),
  )
  const headers = new Headers({ Authorization: `Bearer ${sent.token ?? (await bearer())}` })
  const approvals = 'approval' in sent ? [sent.approval ?? []].flat() : [await approval()]
  for (const one of approvals) headers.append('Txn-Token', one)
  const response = await app.request('/payments', {
    method: 'POST',
    headers,
    body: sent.text ?? JSON.stringify(sent.body ?? ACT.args),
  })
  const body: unknown = response.ok ? await response.clone().json() : undefined
  return { status: response.status, body, decision, response }
}

const denied = (reason: string, detail: string | RegExp): object => ({
  status: 403,
  decision: {
    granted: false,
    status: 403,
    error: 'insufficient_scope',
    reason,
    detail: typeof detail === 'string' ? detail : (expect.stringMatching(detail) as string),
  },
})

describe('an act that a person approved', () => {
  it('is done once, and says who approved what for whom', async () => {
    const yes = await approval({ jti: 'yes-1', txn: 'txn-1' })
    expect(await pay({ approval: yes })).toMatchObject({
      status: 200,
      body: {
        sub: 'auth0|alice',
        agent: 'assistant',
        txn: 'txn-1',
        jti: 'yes-1',
        tool: 'transfer',
        args: ACT.args,
        permissions: ['write:payments'],
        approvedAt: time,
        again: ACT.args,
        caller: 'auth0|alice',
      },
    })
  })

  it('is not done a second time', async () => {
    const yes = await approval()
    expect(await pay({ approval: yes })).toMatchObject({ status: 200 })
    expect(await pay({ approval: yes })).toMatchObject(
      denied('approval_used', 'the approval was used before'),
    )
    expect([...uses.values()]).toEqual([2])
  })

  it('is not done a second time with another bearer token of the same agent', async () => {
    const yes = await approval()
    await pay({ approval: yes, token: await bearer({ jti: 'one' }) })
    expect(await pay({ approval: yes, token: await bearer({ jti: 'other' }) })).toMatchObject(
      denied('approval_used', 'the approval was used before'),
    )
  })

  it('is remembered as used until no clock takes it any more', async () => {
    await pay()
    expect(untils).toEqual([time + 60 + 360])
  })

  it('does not depend on how its arguments are spelt', async () => {
    const text = '{ "amount": 1.2e2, "to": "\\u0062ob" }'
    expect(await pay({ text })).toMatchObject({ status: 200 })
  })

  it('leaves a line without the person and without what it was', async () => {
    const onDecision = vi.fn()
    const yes = await approval({ jti: 'yes-1' })
    await pay({ approval: yes }, createKit(config({ onDecision, logHashKey: 'key' })))
    await vi.waitFor(() => {
      expect(onDecision).toHaveBeenCalledWith(
        expect.objectContaining({
          event: 'approval',
          level: 'info',
          outcome: 'used',
          jti: 'yes-1',
          audience: 'payments',
          method: 'POST',
          route: '/payments',
          sub_hash: expect.stringMatching(/^[\da-f]+$/) as string,
        }),
      )
    })
    expect(JSON.stringify(onDecision.mock.calls)).not.toMatch(/alice|bob|transfer/)
  })

  it('tells the caller no more than that it may not', async () => {
    const { response } = await pay({ approval: undefined })
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer error="insufficient_scope"/)
    expect(await response.json()).toMatchObject({ error: 'insufficient_scope' })
  })
})

describe('without an approval that counts', () => {
  const mismatch = denied('approval_mismatch', 'the person approved another tool, or other arguments')
  it.each<[what: string, body: unknown]>([
    ['another amount', { to: 'bob', amount: 121 }],
    ['another payee', { to: 'mallory', amount: 120 }],
    ['an amount as text', { to: 'bob', amount: '120' }],
    ['one argument more', { to: 'bob', amount: 120, urgent: true }],
    ['one argument fewer', { to: 'bob' }],
    ['null', null],
  ])('changed arguments are denied: %s', async (_, body) => {
    expect(await pay({ text: JSON.stringify(body) })).toMatchObject(mismatch)
    expect(uses.size).toBe(0)
  })

  it('another tool is denied', async () => {
    const yes = await approval({ act_hash: await actHash('read_balance', ACT.args) })
    expect(await pay({ approval: yes })).toMatchObject(mismatch)
  })

  it.each([
    ['no JSON', 'to=bob&amount=120'],
    ['nothing', ''],
    ['a number that JSON has no form for', '{"to":"bob","amount":1e999}'],
    ['half a character', '{"to":"\\ud83d","amount":120}'],
    ['more levels than are hashed', `${'['.repeat(80)}${']'.repeat(80)}`],
  ])('a body that is %s is denied', async (_, text) => {
    expect(await pay({ text })).toMatchObject(mismatch)
  })

  it('nothing is done where none came', async () => {
    expect(await pay({ approval: undefined })).toMatchObject(
      denied('approval_missing', 'the request has no Txn-Token'),
    )
  })

  it('two of them are none', async () => {
    const two = [await approval(), await approval()]
    expect(await pay({ approval: two })).toMatchObject(denied('approval_invalid', /^malformed: /))
  })

  it('one for another service is denied', async () => {
    const yes = await approval({}, { aud: 'billing' })
    expect(await pay({ approval: yes })).toMatchObject(denied('approval_mismatch', /^wrong_audience: /))
  })

  it('one that is over is denied, ten seconds after its end at the latest', async () => {
    const yes = await approval()
    const token = await bearer()
    time += 69
    expect(await pay({ approval: await approval(), token })).toMatchObject({ status: 200 })
    time += 1
    expect(await pay({ approval: yes, token })).toMatchObject(denied('approval_expired', /^expired: /))
  })

  it('one from ten seconds ahead is denied', async () => {
    const token = await bearer()
    time += 11
    const yes = await approval()
    time -= 11
    expect(await pay({ approval: yes, token })).toMatchObject(
      denied('approval_invalid', /^issued_in_future: /),
    )
  })

  it('an agent has none of its own: a delegated token is none', async () => {
    expect(await pay({ approval: await bearer() })).toMatchObject(denied('approval_invalid', /^wrong_type: /))
  })

  it.each<[what: string, claims: TestClaims]>([
    ['without an act', { act_hash: undefined }],
    ['without one who acts', { act: undefined as unknown as typeof assistant }],
    ['without a transaction', { txn: undefined }],
    ['of a machine', { kind: 'machine' }],
    ['of an agent', { kind: 'agent' }],
    ['of an anonymous caller', { kind: 'anonymous' }],
    ['of nobody knows whom', { kind: undefined as unknown as 'user' }],
  ])('a transaction token %s approves nothing', async (_, claims) => {
    expect(await pay({ approval: await approval(claims) })).toMatchObject(
      denied('approval_invalid', 'the transaction token approves nothing'),
    )
  })

  it('a forged one is denied', async () => {
    const [header, , signature] = (await approval()).split('.')
    const [, payload] = (await approval({ act_hash: await actHash('transfer', { to: 'mallory' }) })).split(
      '.',
    )
    const forged = [header, payload, signature].join('.')
    expect(await pay({ approval: forged, body: { to: 'mallory' } })).toMatchObject(
      denied('approval_invalid', /^bad_signature: /),
    )
  })

  it('one of another person is denied, whoever sends it with their own bearer', async () => {
    const yes = await approval({ sub: 'auth0|mallory' })
    const other = denied('approval_mismatch', 'another person approved')
    expect(await pay({ approval: yes })).toMatchObject(other)
    expect(
      await pay({ approval: await approval(), token: await bearer({ sub: 'auth0|mallory' }) }),
    ).toMatchObject(other)
  })

  it.each<[who: string, claims: TestClaims]>([
    ['another agent', { act: { ...assistant, sub: 'other' } }],
    ['the agent of another issuer', { act: { ...assistant, iss: 'https://other.test' } }],
    ['an agent behind the agent', { act: { iss: ISSUER, sub: 'other', act: assistant } }],
    ['the person without the agent', { act: gateway }],
    ['nobody', { act: undefined as unknown as typeof assistant }],
  ])('%s cannot use it', async (_, claims) => {
    expect(await pay({ token: await bearer(claims) })).toMatchObject(
      denied('approval_mismatch', 'the person approved it for another agent'),
    )
  })

  it('a scope that does not cover the policy is denied, whatever the agent may do', async () => {
    expect(await pay({ approval: await approval({ scope: 'read:payments' }) })).toMatchObject({
      status: 403,
      decision: {
        reason: 'approval_mismatch',
        detail: 'the approval does not cover what the policy requires',
        failed: ['has the permission write:payments'],
      },
    })
  })

  it('a scope that is wider than what the agent may do widens nothing', async () => {
    const token = await bearer({ permissions: ['read:payments'] })
    expect(await pay({ token, approval: await approval() })).toMatchObject({
      status: 403,
      decision: { reason: 'insufficient_rights' },
    })
    expect(uses.size).toBe(0)
  })

  it('whoever is no caller is told nothing of approvals', async () => {
    expect(await pay({ token: 'nonsense' })).toMatchObject({ status: 401, decision: { reason: 'malformed' } })
    expect(uses.size).toBe(0)
  })

  it('one that was revoked since is denied', async () => {
    const entries = new Map<string, unknown>()
    const kv = {
      get: (keys: string[]) => Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null]))),
      put(key: string, value: string) {
        entries.set(key, JSON.parse(value))
        return Promise.resolve()
      },
    }
    const kit = createKit(config({ denylist: kv }))
    const yes = await approval({ jti: 'revoked-1' })
    await kit.revoke({ jti: 'revoked-1' })
    expect(await pay({ approval: yes }, kit)).toMatchObject(denied('approval_invalid', /^revoked: /))
    // An agent that is revoked is no caller any more.
    await kit.revoke({ sub: 'assistant' })
    expect(await pay({}, kit)).toMatchObject({ status: 401, decision: { reason: 'revoked' } })
  })
})

describe('an outage', () => {
  const unavailable = { status: 503, decision: { reason: 'approval_unavailable', retryAfterSeconds: 5 } }

  it.each<[what: string, use: ApprovalStore['use']]>([
    ['fails', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['says something else', () => Promise.resolve(undefined as unknown as boolean)],
  ])('of the store lets nothing through: it %s', async (_, use) => {
    expect(await pay({}, createKit(config({ approvals: { use } })))).toMatchObject(unavailable)
  })

  it('of the store lets nothing through: it does not respond', async () => {
    const { setTimeout: realTimeout } = globalThis
    const use = vi.fn(() => new Promise<boolean>(() => undefined))
    const kit = createKit(config({ approvals: { use } }))
    const token = await bearer()
    await kit.verify(token)
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const paying = pay({ token }, kit)
    while (use.mock.calls.length === 0) await new Promise((resolve) => realTimeout(resolve, 1))
    await vi.advanceTimersByTimeAsync(2000)
    expect(await paying).toMatchObject(unavailable)
    vi.useRealTimers()
  })

  it('of the keys is one', async () => {
    const kit = createKit(config())
    const decide = vi.spyOn(kit, 'safeVerify').mockRejectedValue(new KeysUnavailableError('down', 7))
    expect(await pay({}, kit)).toMatchObject({
      status: 503,
      decision: { reason: 'keys_unavailable', retryAfterSeconds: 7 },
    })
    expect(decide).toHaveBeenCalledOnce()
  })
})

describe('a guard that takes approvals', () => {
  const approved = (): typeof ACT => ACT

  it('says at once when nothing knows what was used', () => {
    const kit = createKit(config({ approvals: undefined }))
    expect(() => guard(REQUIRED, { kit, approved })).toThrow(ConfigError)
    expect(() => guard(REQUIRED, { kit, approved })).toThrow(/UsedApprovals.*JWT_APPROVALS_NAME/)
  })

  it('says it for each request, when it learns of its kit then: also one without a token', async () => {
    const app = new Hono().post('/', guard(REQUIRED, { approved }), (c) => c.text('paid'))
    const errors: unknown[] = []
    app.onError((error, c) => {
      errors.push(error)
      return c.text('', 500)
    })
    const response = await app.request('/', { method: 'POST' }, { ...issuer.env, LOG_LEVEL: 'off' })
    expect(response.status).toBe(500)
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/JWT_APPROVALS_NAME/) as string,
      }),
    ])
  })

  it('finds the binding that JWT_APPROVALS_NAME names', async () => {
    const USED = {
      idFromName: (name: string) => name,
      get: (name: string) => ({ use: (until: number) => store.use(name, until) }),
    }
    const env = { ...issuer.env, JWT_APPROVALS_NAME: 'USED', USED, LOG_LEVEL: 'off' }
    const app = new Hono().post('/', guard(REQUIRED, { approved }), (c) => c.text(c.var.approval.tool))
    vi.useFakeTimers({ toFake: ['Date'], now: time * 1000 })
    const headers = { Authorization: `Bearer ${await bearer()}`, 'Txn-Token': await approval() }
    const [first, second] = [
      await app.request('/', { method: 'POST', headers }, env),
      await app.request('/', { method: 'POST', headers }, env),
    ]
    vi.useRealTimers()
    expect([first.status, second.status]).toEqual([200, 403])
  })

  it.each<[what: string, options: object, message: RegExp]>([
    ['guests', { optional: true, approved }, /exclude each other/],
    ['what is no function', { approved: ACT }, /function of the context/],
  ])('does not take %s', (_, options, message) => {
    expect(() => guard(REQUIRED, options)).toThrow(ConfigError)
    expect(() => guard(REQUIRED, options)).toThrow(message)
  })

  it.each<[what: string, act: unknown]>([
    ['nothing', undefined],
    ['no tool', { args: {} }],
    ['an empty tool', { tool: '', args: {} }],
    ['a text', 'transfer'],
  ])('has a function that gives an act, and not %s', async (_, act) => {
    const kit = createKit(config())
    const app = new Hono().post('/', guard(REQUIRED, { kit, approved: () => act as typeof ACT }), (c) =>
      c.text(''),
    )
    const thrown: unknown[] = []
    app.onError((error, c) => {
      thrown.push(error)
      return c.text('', 500)
    })
    const headers = { Authorization: `Bearer ${await bearer()}`, 'Txn-Token': await approval() }
    expect((await app.request('/', { method: 'POST', headers })).status).toBe(500)
    expect(thrown).toEqual([expect.objectContaining({ code: 'ERR_CONFIG' })])
  })

  it('passes on what its function throws', async () => {
    const app = new Hono().post(
      '/',
      guard(REQUIRED, {
        kit: createKit(config()),
        approved: () => {
          throw new TypeError('a bug')
        },
      }),
    )
    const thrown: unknown[] = []
    app.onError((error, c) => {
      thrown.push(error)
      return c.text('', 500)
    })
    const headers = { Authorization: `Bearer ${await bearer()}`, 'Txn-Token': await approval() }
    await app.request('/', { method: 'POST', headers })
    expect(thrown).toEqual([new TypeError('a bug')])
  })

  it('with a verifier needs the part approvals, and works with it', async () => {
    const parts = [denylist, approvals]
    const verifier = createVerifier({ ...config(), parts })
    const app = new Hono().post('/', verifyGuard(REQUIRED, { kit: verifier, approved }), (c) =>
      c.text(c.var.approval.sub),
    )
    const headers = { Authorization: `Bearer ${await bearer()}`, 'Txn-Token': await approval() }
    const response = await app.request('/', { method: 'POST', headers })
    expect([response.status, await response.text()]).toEqual([200, 'auth0|alice'])
    const without = createVerifier(config())
    expect(() => verifyGuard(REQUIRED, { kit: without, approved })).toThrow(
      /approved needs the part approvals: import { approvals } from '@sealgate\/kit\/verify'/,
    )
  })
})

describe('verifyApproval, without Hono', () => {
  const request = async (yes?: string): Promise<Request> =>
    new Request('https://payments.test/', {
      method: 'POST',
      headers: { Authorization: `Bearer ${await bearer()}`, ...(yes !== undefined && { 'Txn-Token': yes }) },
    })

  it('grants with the caller and the approval, once', async () => {
    const kit = createKit(config())
    const yes = await approval()
    expect(await verifyApproval(await request(yes), ACT, { kit, policy: REQUIRED })).toMatchObject({
      granted: true,
      auth: { sub: 'auth0|alice', actor: { sub: 'assistant' } },
      approval: { tool: 'transfer', agent: 'assistant' },
    })
    expect(await verifyApproval(await request(yes), ACT, { kit, policy: REQUIRED })).toMatchObject({
      granted: false,
      reason: 'approval_used',
    })
  })

  it('reads the act once the caller is known', async () => {
    const kit = createKit(config())
    const act = vi.fn(() => ACT)
    const stranger = new Request('https://payments.test/', { headers: { 'Txn-Token': await approval() } })
    expect(await verifyApproval(stranger, act, { kit })).toMatchObject({ reason: 'no_credentials' })
    expect(act).not.toHaveBeenCalled()
    expect(await verifyApproval(await request(await approval()), act, { kit })).toMatchObject({
      granted: true,
    })
  })

  it('denies without a yes, and by the policy', async () => {
    const kit = createKit(config())
    const options = { kit, policy: policy().needAll('delete:payments') }
    const outcome: Denied | object = await verifyApproval(await request(await approval()), ACT, options)
    expect(outcome).toMatchObject({ granted: false, reason: 'insufficient_rights' })
    expect(await verifyApproval(await request(), ACT, { kit })).toMatchObject({ reason: 'approval_missing' })
  })

  it('says what is missing', async () => {
    const kit = createKit(config({ approvals: undefined }))
    await expect(verifyApproval(await request(), ACT, { kit })).rejects.toThrow(/JWT_APPROVALS_NAME/)
  })
})
