import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { ClaimsError, ConfigError } from '../errors.ts'
import { createKit } from '../kit/create-kit.ts'
import { createVerifier } from '../kit/create-verifier.ts'
import { issueInternal } from '../kit/issuer.ts'
import type { Kit } from '../kit/kit.ts'
import { boundRequests, publicKeys } from '../kit/verifier-parts.ts'
import { policy } from '../policy/builder.ts'
import { parse } from '../tokens/parse.ts'
import { callerOf, type CallerOfOptions } from './caller-of.ts'
import type { Envelope, WorkflowEnvelope } from './envelopes.ts'
import { useOnce } from '../approvals/use-once.ts'
import { onceStoreOf } from './once.ts'
import { makeSealer } from './seal.ts'
import { sealCaller, withCaller } from './with-caller.ts'

const NOW = 1_800_000_000
let time = NOW
let privateJwk: Readonly<Record<string, unknown>>
let reports: Kit
let jobs: Kit
let ada: Auth

interface Job {
  readonly report: number
}
/** What a queue got, and what workflows were started with. */
const queued: Envelope<Job>[] = []
const started: { id: string; params: WorkflowEnvelope<Job> }[] = []
const env = {
  JOBS: {
    send: (body: Envelope<Job>) => Promise.resolve(void queued.push(body)),
    sendBatch: (messages: Iterable<{ body: Envelope<Job> }>) =>
      Promise.resolve(void queued.push(...[...messages].map(({ body }) => body))),
  },
  EXPORT: {
    create: (options?: { id?: string; params?: WorkflowEnvelope<Job> }) =>
      Promise.resolve(void started.push(options as (typeof started)[number])),
    createBatch: (batch: { id?: string; params: WorkflowEnvelope<Job> }[]) =>
      Promise.resolve(void started.push(...(batch as typeof started))),
  },
}

beforeAll(async () => {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x: string; d: string }
  privateJwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'key-1', alg: 'EdDSA' }
})
beforeEach(async () => {
  time = NOW
  queued.length = 0
  started.length = 0
  reports = kitFor('reports')
  jobs = kitFor('jobs')
  ada = await authOf({ sub: 'auth0|ada', kind: 'user', permissions: ['run:jobs', 'read:reports'] })
})

const config = (audience: string) => ({
  issuer: 'https://issuer.test',
  audience,
  now: () => time,
  onEvent: () => undefined,
  onDecision: () => undefined,
  logLevel: 'off' as const,
})
function kitFor(audience: string, more: object = {}): Kit {
  return createKit({ ...config(audience), sign: { privateJwk }, ...more })
}
async function authOf(claims: object, kit = reports): Promise<Auth> {
  const token = await issueInternal(kit, {
    claims: { sub: 'x', ...claims },
    aud: 'reports',
    expiresAt: time + 600,
  })
  const decision = await kit.authorize(token, policy().allowAnonymous())
  if (!decision.granted) throw new Error(decision.detail)
  return decision.auth
}

const carried = (auth = ada) => withCaller(env, auth, { callees: { JOBS: 'jobs', EXPORT: 'jobs' } })
async function sent(body: Job = { report: 7 }, auth = ada): Promise<Envelope<Job>> {
  await carried(auth).JOBS.send(body)
  const last = queued.at(-1)
  if (!last) throw new Error('nothing was sent')
  return last
}
const message = (body: unknown, id = 'message-1', attempts = 1) => ({ id, attempts, body })

/** A store that knows all of its uses. */
function memory() {
  const holders = new Map<string, string>()
  const untils: number[] = []
  return {
    untils,
    use(name: string, until: number, holder: string) {
      untils.push(until)
      const known = holders.get(name) ?? holder
      holders.set(name, known)
      return Promise.resolve(known === holder)
    },
  }
}
const options = (more: Partial<CallerOfOptions> = {}): CallerOfOptions => ({
  kit: jobs,
  once: memory(),
  ...more,
})
const outcome = async (source: object, more: Partial<CallerOfOptions> = {}): Promise<string> => {
  const decision = await callerOf(source as never, options(more))
  return decision.granted ? decision.auth.sub : decision.reason
}

describe('a message', () => {
  it('brings its caller, with this service as the actor and no more rights', async () => {
    const decision = await callerOf(message(await sent()), options())
    expect(decision).toMatchObject({
      granted: true,
      auth: {
        sub: 'auth0|ada',
        kind: 'user',
        permissions: ['run:jobs', 'read:reports'],
        actor: { sub: 'reports' },
      },
    })
  })

  it('is held to the policy', async () => {
    const one = message(await sent())
    expect(await outcome(one, { policy: policy().needAll('run:jobs') })).toBe('auth0|ada')
    expect(await outcome(one, { policy: policy().needAll('manage:jobs') })).toBe('insufficient_rights')
    const nobody = await authOf({ sub: 'anon:1', kind: 'anonymous' })
    expect(await outcome(message(await sent({ report: 1 }, nobody)))).toBe('anonymous')
  })

  it('carries a token that no request is let in with', async () => {
    const { sealgate } = await sent()
    expect(await jobs.safeVerify(sealgate.token)).toMatchObject({ reason: 'wrong_type' })
    const request = new Request('https://jobs.internal/', {
      headers: { Authorization: `Bearer ${sealgate.token}` },
    })
    expect(await outcome(request)).toBe('wrong_type')
  })

  it('counts once: a copy in another message is denied, also when it is tried again', async () => {
    const once = memory()
    const body = await sent()
    expect(await outcome(message(body, 'first'), { once })).toBe('auth0|ada')
    expect(await outcome(message(body, 'copy'), { once })).toBe('replayed')
    expect(await outcome(message(body, 'copy', 2), { once })).toBe('replayed')
  })

  it('counts again when the queue delivers it again: by its own id', async () => {
    const once = memory()
    const body = await sent()
    for (const attempts of [1, 1, 2, 3]) {
      expect(await outcome(message(body, 'first', attempts), { once })).toBe('auth0|ada')
    }
  })

  it('is remembered until nobody takes it any more', async () => {
    const once = memory()
    const body = await sent()
    await outcome(message(body), { once })
    const { exp, iat } = parse(body.sealgate.token).payload as { exp: number; iat: number }
    expect(once.untils).toEqual([exp + 300])
    await outcome(message(body), { once, offline: true })
    expect(once.untils[1]).toBe(iat + 31 * 86_400 + 300)
  })

  it('that is denied uses nothing up', async () => {
    const once = memory()
    const body = await sent()
    await outcome(message({ ...body, body: { report: 8 } }), { once })
    await outcome(message(body), { once, policy: policy().needAll('manage:jobs') })
    expect(once.untils).toEqual([])
  })

  it('waits while it is not known whether it came before: 503', async () => {
    const once = { use: () => Promise.reject(new Error('down')) }
    const decision = await callerOf(message(await sent()), options({ once }))
    expect(decision).toMatchObject({ granted: false, status: 503, reason: 'replay_unavailable' })
  })

  it('is not looked at without a store, unless that is said', async () => {
    const one = message(await sent())
    await expect(callerOf(one, { kit: jobs })).rejects.toThrow(ConfigError)
    await expect(callerOf(one, { kit: jobs, once: {} })).rejects.toThrow('callerOf of a message needs once')
    expect(await outcome(one, { once: false })).toBe('auth0|ada')
  })

  it('of a batch each is sealed by itself, under one token', async () => {
    await carried().JOBS.sendBatch([{ body: { report: 1 } }, { body: { report: 2 } }])
    const [one, other] = queued
    expect(one?.sealgate.token).toBe(other?.sealgate.token)
    expect(await outcome(message(one))).toBe('auth0|ada')
    expect(await outcome(message({ sealgate: one?.sealgate, body: other?.body }))).toBe('request_mismatch')
  })
})

describe('an envelope that was changed', () => {
  it.each<[what: string, change: (envelope: Envelope<Job>) => unknown, reason: string]>([
    ['in its body', (one) => ({ ...one, body: { report: 8 } }), 'request_mismatch'],
    ['by a member more', (one) => ({ ...one, body: { ...one.body, urgent: true } }), 'request_mismatch'],
    ['by its body missing', ({ sealgate }) => ({ sealgate }), 'request_mismatch'],
    ['by a body that is no JSON', (one) => ({ ...one, body: { at: new Date(0) } }), 'request_mismatch'],
    ['in its id', (one) => resealed(one, { id: 'another' }), 'request_mismatch'],
    ['in its signature', (one) => resealed(one, { sig: 'A'.repeat(86) }), 'request_mismatch'],
    ['in its key', (one) => resealed(one, { key: 'A'.repeat(43) }), 'request_mismatch'],
    [
      'in its token',
      (one) => resealed(one, { token: `${one.sealgate.token.slice(0, -4)}AAAA` }),
      'bad_signature',
    ],
    ['to have no token', (one) => resealed(one, { token: undefined }), 'malformed_credentials'],
    [
      'to have a key of another length',
      (one) => resealed(one, { key: 'A'.repeat(44) }),
      'malformed_credentials',
    ],
    ['to have an endless id', (one) => resealed(one, { id: 'a'.repeat(129) }), 'malformed_credentials'],
    ['to be no object', () => 'run', 'no_credentials'],
    ['to be null', () => null, 'no_credentials'],
    ['to carry nobody', ({ body }) => ({ body }), 'no_credentials'],
    ['to inherit its caller', (one) => Object.create(one) as object, 'no_credentials'],
    [
      'to have a prototype’s members',
      () => JSON.parse('{"__proto__":{"sealgate":{}},"body":1}') as object,
      'no_credentials',
    ],
  ])('%s is denied', async (_, change, reason) => {
    expect(await outcome(message(change(await sent())))).toBe(reason)
  })

  it('by the order of its members alone is the same', async () => {
    const kept = await sealCaller(ada, { b: 1, a: { d: [1, 2], c: 'x' } }, 'jobs')
    const same = { ...kept, body: { a: { c: 'x', d: [1, 2] }, b: 1 } }
    expect(await outcome(same)).toBe('auth0|ada')
  })

  it('to another token of the same caller, with other rights, is denied', async () => {
    const wide = withCaller(env, ada, { callees: { JOBS: 'jobs' } })
    await wide.JOBS.send({ report: 1 })
    const sealer = await makeSealer()
    const [one] = queued
    const other = await sealer.seal('queue', 'id', one?.sealgate.token ?? '', { report: 1 })
    expect(await outcome(message({ sealgate: other, body: { report: 1 } }))).toBe('request_mismatch')
  })

  it('by somebody with a key of their own is denied: the token names another', async () => {
    const { sealgate } = await sent()
    const forged = await (await makeSealer()).seal('queue', sealgate.id, sealgate.token, { report: 9 })
    expect(await outcome(message({ sealgate: forged, body: { report: 9 } }))).toBe('request_mismatch')
  })

  it('made of a bearer token is denied', async () => {
    const token = await reports.delegate(ada, { aud: 'jobs' })
    const forged = await (await makeSealer()).seal('queue', 'id', token, { report: 9 })
    expect(await outcome(message({ sealgate: forged, body: { report: 9 } }))).toBe('wrong_type')
  })

  it('for another audience is denied', async () => {
    const body = await sent()
    expect(await outcome(message(body), { kit: kitFor('billing') })).toBe('wrong_audience')
  })

  it('moved to another place is denied', async () => {
    const { sealgate, body } = await sent()
    expect(await outcome({ sealgate, body })).toBe('request_mismatch')
    const event = { instanceId: sealgate.id, payload: { sealgate, params: body } }
    expect(await outcome(event)).toBe('request_mismatch')
    expect(await outcome(message(await sealCaller(ada, { report: 7 }, 'jobs')))).toBe('request_mismatch')
  })
})

describe('a workflow', () => {
  const eventOf = ({ id, params }: (typeof started)[number]) => ({ instanceId: id, payload: params })

  it('knows who started it, as often as a step is tried again', async () => {
    await carried().EXPORT.create({ params: { report: 7 } })
    const [one] = started
    if (!one) throw new Error('nothing was started')
    expect(one.params.params).toEqual({ report: 7 })
    for (let step = 0; step < 3; step++) {
      expect(await outcome(eventOf(one), { once: undefined as never })).toBe('auth0|ada')
    }
  })

  it('keeps an id that was given, and gives each of a batch one', async () => {
    await carried().EXPORT.create({ id: 'mine', params: { report: 1 } })
    await carried().EXPORT.createBatch([{ params: { report: 2 } }, { params: { report: 3 } }])
    expect(started[0]?.id).toBe('mine')
    expect(new Set(started.map(({ id }) => id)).size).toBe(3)
    for (const one of started) expect(await outcome(eventOf(one))).toBe('auth0|ada')
  })

  it('that somebody starts with the parameters of another is denied', async () => {
    await carried().EXPORT.create({ id: 'mine', params: { report: 1 } })
    const [one] = started
    if (!one) throw new Error('nothing was started')
    expect(await outcome({ ...eventOf(one), instanceId: 'copy' })).toBe('request_mismatch')
    const edited = { ...one.params, params: { report: 2 } }
    expect(await outcome({ instanceId: 'mine', payload: edited })).toBe('request_mismatch')
  })
})

describe('a request, a call and what is kept', () => {
  it('are decided on alike', async () => {
    const token = await reports.delegate(ada, { aud: 'jobs' })
    const request = new Request('https://jobs.internal/', { headers: { Authorization: `Bearer ${token}` } })
    expect(await outcome(request)).toBe('auth0|ada')
    expect(await outcome({ sealgate: { token } })).toBe('auth0|ada')
    expect(await outcome(await sealCaller(ada, { report: 7 }, 'jobs'))).toBe('auth0|ada')
  })

  it('are kept for the service itself unless another is named', async () => {
    const kept = await sealCaller(ada, { report: 7 })
    expect(await outcome(kept)).toBe('wrong_audience')
    expect(await outcome(kept, { kit: reports })).toBe('auth0|ada')
    expect(await outcome({ ...kept, body: { report: 8 } }, { kit: reports })).toBe('request_mismatch')
  })

  it('lend their caller to the next hop', async () => {
    const decision = await callerOf(await sealCaller(ada, {}, 'jobs'), options())
    if (!decision.granted) throw new Error(decision.detail)
    const next = await jobs.delegate(decision.auth, { aud: 'archive', permissions: ['read:reports'] })
    expect(parse(next).payload).toMatchObject({
      sub: 'auth0|ada',
      act: { sub: 'jobs', act: { sub: 'reports' } },
    })
  })

  it('do for a verifier too, which does not sign', async () => {
    const { keys } = await reports.jwks()
    const verifier = createVerifier({
      ...config('jobs'),
      verify: { publicJwk: { keys: [...keys] } },
      parts: [publicKeys, boundRequests],
    })
    const kept = await sealCaller(ada, 1, 'jobs')
    expect(await outcome(kept, { kit: verifier })).toBe('auth0|ada')
    time = NOW + 3600
    await expect(callerOf(kept, { kit: verifier, offline: true })).rejects.toThrow('offline needs a kit')
  })
})

describe('what waited too long', () => {
  /** A gateway that renews, as its grant says. */
  function exchange(renew: (token: string) => Promise<unknown>) {
    return { delegate: () => Promise.reject(new Error('not this one')), renew: vi.fn(renew) }
  }
  async function renewable(token: string, change: object = {}): Promise<unknown> {
    const { sub, kind, permissions, act, cnf } = parse(token).payload
    const renewed = await issueInternal(reports, {
      claims: { ...({ sub, kind, permissions, act, cnf } as { sub: string }), offline: true, ...change },
      aud: 'jobs',
      expiresAt: time + 60,
      typ: 'msg+jwt',
    })
    return { ok: true, token: renewed }
  }

  it('is denied', async () => {
    const one = message(await sent())
    time = NOW + 3600
    expect(await outcome(one)).toBe('expired')
  })

  it('is renewed where that is said, counts for its body alone, and once', async () => {
    const body = await sent()
    const gateway = exchange((token) => renewable(token))
    const kit = kitFor('jobs', { exchangeService: gateway })
    const once = memory()
    time = NOW + 3600
    const decision = await callerOf(message(body), { kit, once, offline: true })
    expect(decision).toMatchObject({ granted: true, auth: { sub: 'auth0|ada', claims: { offline: true } } })
    expect(gateway.renew.mock.calls[0]?.slice(0, 2)).toEqual([body.sealgate.token, { audience: 'jobs' }])
    expect(await outcome(message({ ...body, body: { report: 8 } }), { kit, once, offline: true })).toBe(
      'request_mismatch',
    )
    expect(await outcome(message(body, 'copy'), { kit, once, offline: true })).toBe('replayed')
  })

  it('is not renewed as long as it has not ended', async () => {
    const gateway = exchange(() => Promise.reject(new Error('not asked for')))
    const kit = kitFor('jobs', { exchangeService: gateway })
    expect(await outcome(message(await sent()), { kit, offline: true })).toBe('auth0|ada')
    expect(gateway.renew).not.toHaveBeenCalled()
  })

  it.each<[what: string, reply: unknown, expected: object]>([
    [
      'was revoked since',
      { ok: false, code: 'invalid_token', status: 401 },
      { status: 401, reason: 'expired', detail: expect.stringContaining('invalid_token') as string },
    ],
    ['has no grant', { ok: false, code: 'invalid_grant', status: 400 }, { status: 401, reason: 'expired' }],
    [
      'waits for an outage',
      { ok: false, code: 'x', status: 503, retryAfter: 7 },
      { status: 503, retryAfterSeconds: 7 },
    ],
  ])('is denied when it %s', async (_, reply, expected) => {
    const one = message(await sent())
    const kit = kitFor('jobs', { exchangeService: exchange(() => Promise.resolve(reply)) })
    time = NOW + 3600
    const decision = await callerOf(one, options({ kit, offline: true }))
    expect(decision).toMatchObject({ granted: false, ...expected })
  })

  it('is denied when what comes back is bound to another key', async () => {
    const one = message(await sent())
    const cnf = { jkt: (await makeSealer()).jkt }
    const kit = kitFor('jobs', { exchangeService: exchange((token) => renewable(token, { cnf })) })
    time = NOW + 3600
    expect(await outcome(one, { kit, offline: true })).toBe('request_mismatch')
  })
})

describe('a body', () => {
  it.each<[what: string, body: unknown]>([
    ['a date', { at: new Date(0) }],
    ['bytes', new Uint8Array(3)],
    ['a map', new Map()],
    ['no number', Number.NaN],
    ['more than 1 MiB', 'x'.repeat(1_048_577)],
  ])('that is %s is not sealed', async (_, body) => {
    await expect(sealCaller(ada, body, 'jobs')).rejects.toThrow(ClaimsError)
  })

  it('of a message is JSON: text and bytes by their content type are rejected', async () => {
    const { JOBS } = carried() as { JOBS: { send(body: unknown, options: object): Promise<void> } }
    await expect(JOBS.send('x', { contentType: 'text' })).rejects.toThrow(ConfigError)
    expect(queued).toEqual([])
  })

  it('that is huge is opened in time that grows with it alone', async () => {
    const kept = await sealCaller(ada, 'x'.repeat(1_000_000), 'jobs')
    expect(await outcome(kept)).toBe('auth0|ada')
    const huge = { sealgate: { ...kept.sealgate, token: 'a'.repeat(5_000_000) }, body: 1 }
    expect(await outcome(huge)).toBe('too_large')
  })
})

describe('a store of messages', () => {
  const NAME = 'n'.repeat(43)
  const uses = async (binding: unknown): Promise<unknown[]> => {
    const store = onceStoreOf(binding)
    const results: unknown[] = []
    for (const holder of ['a', 'a', 'b', 'a']) results.push(await store?.use(NAME, NOW + 60, holder))
    return results
  }
  /** The storage of one Durable Object. */
  function storage() {
    const entries = new Map<string, unknown>()
    const alarms: number[] = []
    return {
      alarms,
      kv: {
        get: (key: string) => entries.get(key),
        put: (key: string, value: string) => void entries.set(key, value),
      },
      setAlarm: (at: number) => Promise.resolve(void alarms.push(at)),
    }
  }

  it('over a namespace of Durable Objects, KV, or one’s own knows who came first', async () => {
    const objects = new Map<unknown, ReturnType<typeof storage>>()
    const namespace = {
      idFromName: (name: string) => name,
      get: (id: unknown) => {
        const own = objects.get(id) ?? storage()
        objects.set(id, own)
        return { use: (until: number, holder: string) => useOnce(own, until, holder) }
      },
    }
    const entries = new Map<string, string>()
    const puts: unknown[] = []
    const kv = {
      get: (key: string) => Promise.resolve(entries.get(key) ?? null),
      put: (key: string, value: string, how: object) => {
        puts.push([key, how])
        return Promise.resolve(void entries.set(key, value))
      },
    }
    for (const binding of [namespace, kv, memory()]) {
      expect(await uses(binding)).toEqual([true, true, false, true])
    }
    expect(puts).toEqual([[`message:${NAME}`, { expiration: NOW + 60 }]])
    expect(objects.get(NAME)?.alarms).toEqual([(NOW + 60) * 1000])
  })

  it('lets one of many in who come at once', async () => {
    const own = storage()
    const all = await Promise.all(['a', 'b', 'c'].map((holder) => useOnce(own, NOW, holder)))
    expect(all).toEqual([true, false, false])
  })

  it.each([
    [undefined],
    [null],
    ['USED'],
    [{}],
    [{ get: () => null }],
    [new Proxy({}, { get: () => () => true })],
  ])('is not made of %j', (binding) => {
    expect(onceStoreOf(binding)).toBeUndefined()
  })
})

it('a denial is logged, without token and body', async () => {
  const lines: string[] = []
  const kit = kitFor('jobs', {
    logLevel: 'info',
    onDecision: (line: object) => lines.push(JSON.stringify(line)),
  })
  const body = await sent({ report: 12345 })
  await callerOf(message({ ...body, body: { report: 54321 } }), options({ kit }))
  expect(lines.join()).toContain('request_mismatch')
  expect(lines.join()).not.toMatch(/12345|54321/)
  expect(lines.join()).not.toContain(body.sealgate.token)
})

function resealed(envelope: Envelope<Job>, change: object): object {
  return { ...envelope, sealgate: { ...envelope.sealgate, ...change } }
}
