import { Hono } from 'hono'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { guard } from '../hono/middleware.ts'
import { type Decision, denial, type DenialReason } from '../http/decision.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { guard as verifierGuard } from '../hono/verifier-middleware.ts'
import { makeKit } from '../kit/make-kit.ts'
import { makeVerifier } from '../kit/make-verifier.ts'
import { subjectHashes } from '../kit/verifier-parts.ts'
import { policy } from '../policy/builder.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { needAll } from '../policy/rules.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import { type AboutCaller, type CallerLog, logDecision } from './decision-line.ts'
import type { DecisionLine, EventLine } from './line-types.ts'
import { Logger } from './logger.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { hashSubject } from './subject-hash.ts'

const HASH_KEY = 'a key for hashes'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await createTestIssuer()
})

const lines: (DecisionLine | EventLine)[] = []
beforeEach(() => {
  lines.length = 0
})

// The same ones each time: other options make another kit.
const onDecision = (line: DecisionLine): unknown => lines.push(line)
const onEvent = (line: EventLine): unknown => line.event !== 'jwks_refreshed' && lines.push(line)

function kitOf(more: object = {}) {
  return makeKit({ ...issuer.env, ...more }, { onDecision, onEvent, logLevel: 'off' })
}

async function request(path: string, headers: Record<string, string> = {}, more: object = {}) {
  const kit = kitOf(more)
  const rules = policy().needAll('read:reports').rolesAny('admin', 'auditor')
  const app = new Hono()
    .get('/reports/:id', guard(rules, { kit }), (c) => c.text('in'))
    .get('/home', guard(undefined, { kit, optional: true }), (c) => c.text('in'))
  return app.request(path, { headers })
}

const bearer = async (claims: object = {}): Promise<Record<string, string>> => ({
  Authorization: `Bearer ${await issuer.token({ sub: 'ada', ...claims })}`,
})

const tokenOf = (header: object, payload: object): string =>
  [header, payload, {}].map((part) => encodeBase64Url(encodeUtf8(JSON.stringify(part)))).join('.')

describe('the line of a guard', () => {
  it('says of a denial by policy what failed, and what the caller holds', async () => {
    const claims = {
      permissions: ['read:other', 'write:other'],
      roles: ['guest'],
      client_id: 'app',
      kind: 'user',
      jti: 'token-1',
    }
    const response = await request(
      '/reports/1',
      { ...(await bearer(claims)), 'X-Request-Id': 'request-1' },
      { WORKER_ENV: 'staging', CF_VERSION_METADATA: { id: 'v1', tag: 'first', timestamp: '' } },
    )
    expect(response.status).toBe(403)
    expect(lines).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        level: 'warn',
        event: 'decision',
        schema: 1,
        service: issuer.env.JWT_AUD,
        version: { id: 'v1', tag: 'first' },
        env: 'staging',
        request_id: 'request-1',
        trace_id: expect.stringMatching(/^[\da-f]{32}$/) as string,
        method: 'GET',
        route: '/reports/:id',
        decision: 'denied',
        status: 403,
        reason: 'insufficient_rights',
        detail: 'the policy does not grant this',
        rule: 'has the permission read:reports; has one of the roles admin, auditor',
        held: 'permissions: read:other, write:other; roles: guest',
        audience: issuer.env.JWT_AUD,
        client_id: 'app',
        kid: expect.any(String) as string,
        jti: 'token-1',
        kind: 'user',
      },
    ])
  })

  it('has the hash of the subject that the gateway has, with the same LOG_HASH_KEY', async () => {
    await request('/reports/1', await bearer(), { LOG_HASH_KEY: HASH_KEY })
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    const sub_hash = await new Pseudonyms(() => HASH_KEY).of('log', 'ada')
    expect(lines[0]).toMatchObject({ event: 'decision', sub_hash })
    expect(sub_hash).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each([
    ['has that hash with a verifier whose parts hash subjects', [subjectHashes], true],
    ['has no hash with any other verifier', [], false],
  ])('%s', async (_, parts, isHashed) => {
    const env = { ...issuer.env, LOG_HASH_KEY: HASH_KEY }
    const kit = makeVerifier(env, { onDecision, logLevel: 'off', parts })
    const app = new Hono().get('/', verifierGuard(needAll('read:reports'), { kit }), (c) => c.text('in'))
    await app.request('/', { headers: await bearer() })
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    const sub_hash = await new Pseudonyms(() => HASH_KEY).of('log', 'ada')
    expect(lines[0]).toMatchObject({ decision: 'denied', ...(isHashed && { sub_hash }) })
    expect(Object.keys(lines[0] ?? {}).includes('sub_hash')).toBe(isHashed)
  })

  it('is of an outage an error that says nothing of the caller', async () => {
    const down = await createTestIssuer()
    down.break('throw')
    const kit = makeKit(down.env, { onDecision, logLevel: 'off' })
    const headers = { Authorization: `Bearer ${await down.token({ sub: 'ada', jti: 'id' })}` }
    await new Hono().get('/', guard(undefined, { kit }), (c) => c.text('')).request('/', { headers })
    expect(lines).toMatchObject([
      { level: 'error', decision: 'failed', status: 503, reason: 'keys_unavailable' },
    ])
    expect(lines[0]).not.toHaveProperty('jti')
  })

  it('is of a grant at debug, without a reason', async () => {
    const claims = { permissions: ['read:reports'], roles: ['admin'], jti: 'token-1', client_id: 'app' }
    await request('/reports/1', await bearer(claims))
    expect(lines).toMatchObject([{ level: 'debug', decision: 'granted', route: '/reports/:id' }])
    expect(lines[0]).toMatchObject({ jti: 'token-1', client_id: 'app', audience: issuer.env.JWT_AUD })
    expect(lines[0]).toHaveProperty('kid', expect.stringMatching(/./))
    for (const field of ['status', 'reason', 'detail', 'rule', 'held'])
      expect(lines[0]).not.toHaveProperty(field)
  })

  it('is of a guest who may pass a grant', async () => {
    await request('/home')
    expect(lines).toMatchObject([{ level: 'debug', decision: 'granted', reason: 'no_credentials' }])
    expect(lines[0]).not.toHaveProperty('status')
  })

  it('goes to the console by default where it is a denial, and not where it is a grant', async () => {
    const shown: unknown[] = []
    for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((line) => shown.push(line))
    }
    // A second of its own: the cap counts for the whole isolate.
    const kit = makeKit(issuer.env, { now: () => Date.now() / 1000 + 30 })
    const app = new Hono().get('/', guard(undefined, { kit }), (c) => c.text('in'))
    expect((await app.request('/')).status).toBe(401)
    expect((await app.request('/', { headers: await bearer() })).status).toBe(200)
    vi.restoreAllMocks()
    expect(shown).toMatchObject([{ event: 'decision', decision: 'denied', reason: 'no_credentials' }])
  })

  it('names what could not be decided, with the request', async () => {
    const app = new Hono().get(
      '/reports/:id',
      guard(() => undefined as never, { kit: kitOf() }),
      (c) => c.text('in'),
    )
    await app.request('/reports/1', { headers: { 'X-Request-Id': 'request-2' } })
    expect(lines).toMatchObject([
      {
        event: 'request_failed',
        level: 'error',
        status: 500,
        reason: 'ERR_CONFIG',
        request_id: 'request-2',
        route: '/reports/:id',
      },
    ])
  })

  it.each([
    ['ends of lines', 'abcdefgh%0Aijk'],
    ['JSON', '{"level":"info"}'],
    ['10 KB', 'x'.repeat(10_240)],
    ['little', 'short'],
  ])('takes no request id with %s', async (_, id) => {
    await request('/reports/1', { 'X-Request-Id': id })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ request_id: expect.stringMatching(/^[\da-f-]{36}$/) as string })
  })
})

describe('the line of a decision', () => {
  const GRANTED = { granted: true, auth: {} } as unknown as Decision

  /** The line of one decision. */
  async function lineOf(decision: Decision, about: AboutCaller, more: Partial<CallerLog> = {}) {
    const made: DecisionLine[] = []
    const logger = new Logger({ level: 'off', onDecision: (line) => made.push(line) })
    logDecision(
      { logger, logHashKey: undefined, ...more },
      decision,
      () => about,
      decision.granted,
      hashSubject,
    )
    await vi.waitFor(() => expect(made).toHaveLength(1))
    return made[0]
  }

  it('names the data centre, where the platform says it', async () => {
    const at = (cf: unknown): AboutCaller => {
      const request = new Request('https://a.test', { method: 'PUT' })
      Object.defineProperty(request, 'cf', { value: cf })
      return { request }
    }
    const denied = denial(401, 'no_credentials', '')
    expect(await lineOf(denied, at({ colo: 'FRA' }))).toMatchObject({ colo: 'FRA', method: 'PUT' })
    for (const cf of [undefined, {}, { colo: '' }, { colo: 7 }])
      expect(await lineOf(denied, at(cf))).not.toHaveProperty('colo')
  })

  it('says of a caller without rights that there are none', async () => {
    const source = await issuer.token({ sub: 'ada' })
    const denied = denial(403, 'insufficient_rights', '', ['a', 'b'])
    expect(await lineOf(denied, { source })).toMatchObject({
      rule: 'a; b',
      held: 'permissions: none; roles: none',
    })
  })

  it('says of whom was verified before what was verified, with the ids of then', async () => {
    const about = { claims: { sub: 'ada', aud: 'a', jti: 'b' }, requestId: 'request-1', traceId: 'trace-1' }
    const expected = { request_id: 'request-1', trace_id: 'trace-1', audience: 'a', jti: 'b' }
    for (const more of [{}, { source: null }, { source: 'no token' }]) {
      const line = await lineOf(denial(401, 'revoked', ''), { ...about, ...more })
      expect(line).toMatchObject(expected)
      expect(line).not.toHaveProperty('kid')
    }
  })

  it('has the names of a token by which a grant was made, and a kid of 64 plain characters', async () => {
    const kid = `${'x'.repeat(60)}.~_-`
    const source = tokenOf({ alg: 'EdDSA', kid }, { sub: 'ada', jti: 'b' })
    expect(await lineOf(GRANTED, { source })).toMatchObject({ level: 'debug', kid, jti: 'b' })
  })

  it('has another hash with another key, and none of what is no subject', async () => {
    const hashWith = async (logHashKey: string, sub: unknown = 'ada') =>
      (await lineOf(GRANTED, { claims: { sub } }, { logHashKey }))?.sub_hash
    const [one, two] = [await hashWith('one'), await hashWith('two')]
    expect(one).not.toBe(two)
    expect([await hashWith('one'), await hashWith('two')]).toEqual([one, two])
    expect(await hashWith('one', 7)).toBeUndefined()
  })

  it('is not made of a grant that nobody wants, and is of a guest one who is let through', () => {
    const about = vi.fn(() => ({}))
    const onEvent = vi.fn()
    const caller = { logger: new Logger({ level: 'off', onEvent }), logHashKey: undefined }
    logDecision(caller, GRANTED, about)
    logDecision(caller, denial(401, 'no_credentials', ''), about, true)
    expect(about).not.toHaveBeenCalled()
    expect(onEvent).not.toHaveBeenCalled()
  })
})

/** Whether the signature was good where each reason is given; one that is new does not compile here. */
const IS_SIGNED: Readonly<Record<DenialReason, boolean>> = {
  malformed: false,
  too_large: false,
  unsupported_alg: false,
  unsupported_crit: false,
  wrong_type: false,
  missing_kid: false,
  unknown_kid: false,
  bad_signature: false,
  missing_claim: true,
  invalid_claim: true,
  wrong_issuer: true,
  wrong_audience: true,
  expired: true,
  not_yet_valid: true,
  issued_in_future: true,
  too_old: true,
  revoked: true,
  denied_key: false,
  request_mismatch: true,
  anonymous: true,
  no_credentials: false,
  malformed_credentials: false,
  insufficient_rights: true,
  identity_mismatch: true,
  cross_site: false,
  approval_missing: true,
  approval_invalid: true,
  approval_expired: true,
  approval_mismatch: true,
  approval_used: true,
  replay_unavailable: true,
  approval_unavailable: true,
  replayed: true,
  keys_unavailable: false,
  revocation_unavailable: true,
}

describe('what a token says of itself', () => {
  const lineOf = (reason: DenialReason, token: string): DecisionLine | undefined => {
    const made: DecisionLine[] = []
    const logger = new Logger({ level: 'off', onDecision: (line) => made.push(line) })
    logDecision({ logger, logHashKey: undefined }, denial(401, reason, ''), () => ({ source: token }))
    return made[0]
  }

  it.each(Object.entries(IS_SIGNED) as [DenialReason, boolean][])(
    'with %s stands in the line: %s',
    (reason, is) => {
      const claims = { sub: 'mallory', aud: 'a', client_id: 'b', jti: 'c', kind: 'd', permissions: ['e'] }
      const line = lineOf(reason, tokenOf({ alg: 'EdDSA', kid: 'slot-1' }, claims))
      expect(line).toMatchObject({ reason, kid: 'slot-1' })
      const { audience, client_id, jti, kind } = line ?? {}
      const told = { audience, client_id, jti, kind }
      expect(told).toEqual(is ? { audience: 'a', client_id: 'b', jti: 'c', kind: 'd' } : {})
      expect(JSON.stringify(line)).not.toContain('mallory')
    },
  )

  it.each<[string, unknown]>([
    ['a newline', 'a\nb'],
    ['65 characters', 'x'.repeat(65)],
    ['JSON', '{"a":1}'],
    ['no text', 7],
    ['nothing', ''],
  ])('is no kid with %s', (_, kid) => {
    expect(lineOf('unknown_kid', tokenOf({ alg: 'EdDSA', kid }, {}))).not.toHaveProperty('kid')
  })

  it('is not needed: what is no token has a line too', () => {
    for (const token of ['', 'x', 'a.b.c', 'x'.repeat(9000)]) {
      expect(lineOf('malformed', token)).toMatchObject({ decision: 'denied', reason: 'malformed' })
    }
  })

  it('of several audiences, or none of any use, is text or nothing', () => {
    const audience = (aud: unknown): unknown =>
      lineOf('wrong_audience', tokenOf({ alg: 'x' }, { aud }))?.audience
    expect(audience(['a', 7, 'b'])).toBe('a, b')
    expect(audience({ a: 1 })).toBeUndefined()
  })
})
