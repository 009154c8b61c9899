import { sha256 } from '../jose/sha256.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ClaimsError, RevocationUnavailableError, TokenError } from '../errors.ts'
import type { KitEvent } from '../primitives/events.ts'
import { Denylist, type DenylistSettings, type RevocableClaims, type Revocation } from './revocation.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://issuer.test'
const CLAIMS: RevocableClaims = { sub: 'user:1', iat: NOW - 10, jti: 'id-1' }
const LONG_AGO = { before: NOW - 1000 }

let time = NOW
let events: KitEvent[] = []

beforeEach(() => {
  time = NOW
  events = []
})
afterEach(() => vi.useRealTimers())

const keyOf = async (kind: string, value: string): Promise<string> =>
  `rev:${await sha256(encodeUtf8(ISSUER))}:${kind}:${await sha256(encodeUtf8(value))}`

/** A KV namespace in memory: what is in it, what was asked, and how it answers can be changed. */
function memory() {
  const kv = {
    entries: new Map<string, unknown>(),
    reads: [] as [keys: string[], options: unknown][],
    writes: [] as [key: string, value: unknown, options: unknown][],
    answer: (answers: Map<string, unknown>): Promise<Map<string, unknown>> => Promise.resolve(answers),
    async set(kind: string, value: string, entry: unknown): Promise<void> {
      kv.entries.set(await keyOf(kind, value), entry)
    },
    get(keys: string[], options: unknown): Promise<Map<string, unknown>> {
      kv.reads.push([keys, options])
      return kv.answer(new Map(keys.map((key) => [key, kv.entries.get(key) ?? null])))
    },
    put(key: string, value: string, options: unknown): Promise<void> {
      kv.writes.push([key, JSON.parse(value), options])
      kv.entries.set(key, JSON.parse(value))
      return Promise.resolve()
    },
  }
  return kv
}

function denylistOn(kv: ReturnType<typeof memory>, settings: Partial<DenylistSettings> = {}): Denylist {
  return new Denylist(kv, {
    issuer: ISSUER,
    onError: 'closed',
    maxTtlSeconds: 3600,

    now: () => time,
    onEvent: (event) => void events.push(event),
    ...settings,
  })
}

/** The detail of the denial, or `undefined` for a token that may pass. */
async function denialOf(
  denylist: Denylist,
  own: Partial<RevocableClaims> = {},
  thumbprint?: string,
): Promise<string | undefined> {
  try {
    await denylist.check({ ...CLAIMS, ...own }, thumbprint)
    return undefined
  } catch (error) {
    if (error instanceof TokenError && error.reason === 'revoked') return error.detail
    throw error
  }
}

describe('what is on the list', () => {
  it.each([
    ['jti', 'id-1', 'its jti is on the deny-list'],
    ['sub', 'user:1', 'its sub is on the deny-list'],
    ['thumbprint', 'print', 'its thumbprint is on the deny-list'],
  ])('is rejected by its %s, read and remembered alike', async (kind, value, detail) => {
    const kv = memory()
    await kv.set(kind, value, { before: NOW })
    const denylist = denylistOn(kv)
    expect(await denialOf(denylist, {}, 'print')).toBe(detail)
    expect(await denialOf(denylist, {}, 'print')).toBe(detail)
    expect(kv.reads).toHaveLength(1)
  })

  it.each(['jti', 'thumbprint'])('ends a token by its %s however late it was issued', async (kind) => {
    const kv = memory()
    await kv.set(kind, 'x', LONG_AGO)
    expect(await denialOf(denylistOn(kv), { jti: 'x' }, 'x')).toBeDefined()
  })

  it.each<[what: string, own: Partial<RevocableClaims>, before: unknown, isDenied: boolean]>([
    ['a login before', { iat: NOW - 1 }, NOW, true],
    ['a login at that second', { iat: NOW }, NOW, true],
    ['a login after', { iat: NOW + 1 }, NOW, false],
    ['a new token of a login before', { iat: NOW + 5, auth_iat: NOW }, NOW, true],
    ['a new login, whatever the token says', { iat: NOW - 5, auth_iat: NOW + 1 }, NOW, false],
    ['any login, when the entry names no number', { iat: NOW + 1 }, 'now', true],
    ['any login, when the entry names no time', { iat: NOW + 1 }, undefined, true],
    // JSON.parse('-1e999')
    ['any login, when the entry names no real time', { iat: NOW + 1 }, -Infinity, true],
  ])('ends of a subject: %s', async (_, own, before, isDenied) => {
    const kv = memory()
    await kv.set('sub', 'user:1', { before })
    expect((await denialOf(denylistOn(kv), own)) !== undefined).toBe(isDenied)
  })

  it.each([['a text'], [7], [[]], [false]])('rejects when the entry cannot be read: %j', async (entry) => {
    const kv = memory()
    await kv.set('sub', 'user:1', entry)
    expect(await denialOf(denylistOn(kv), { iat: NOW + 1000 })).toBeDefined()
  })

  it('lets pass what is not on it, whether the store says null or nothing', async () => {
    const kv = memory()
    expect(await denialOf(denylistOn(kv), {}, 'print')).toBeUndefined()
    kv.answer = () => Promise.resolve(new Map<string, unknown>())
    expect(await denialOf(denylistOn(kv), {}, 'print')).toBeUndefined()
  })
})

describe('who acts', () => {
  const chain = {
    iss: ISSUER,
    sub: 'reports',
    act: { iss: 'https://idp.test/', sub: 'agt_1', act: { sub: 'first' } },
  }

  it.each(['reports', 'agt_1', 'first'])('ends the tokens in whose chain it stands: %s', async (actor) => {
    const kv = memory()
    await kv.set('sub', actor, { before: NOW })
    const denylist = denylistOn(kv)
    const detail = 'the sub of an actor is on the deny-list'
    expect(await denialOf(denylist, { act: chain })).toBe(detail)
    expect(await denialOf(denylist, { act: chain })).toBe(detail)
    expect(await denialOf(denylist), 'the subject alone').toBeUndefined()
    expect(await denialOf(denylist, { act: { sub: 'another' } })).toBeUndefined()
  })

  it('counts from the login of the subject: a token delegated anew lifts nothing, a new login does', async () => {
    const kv = memory()
    await kv.set('sub', 'agt_1', { before: NOW })
    const denylist = denylistOn(kv)
    expect(await denialOf(denylist, { act: chain, auth_iat: NOW, iat: NOW + 60 })).toBeDefined()
    expect(await denialOf(denylist, { act: chain, auth_iat: NOW + 1, iat: NOW + 60 })).toBeUndefined()
  })

  it('is read with the rest at once, no deeper than a chain may be', async () => {
    const kv = memory()
    const deep = Array.from({ length: 50 }).reduce<object>(
      (act, _, depth) => ({ sub: `a-${depth}`, act }),
      {},
    )
    await denylistOn(kv).check({ ...CLAIMS, act: deep }, undefined)
    expect(kv.reads.map(([keys]) => keys.length)).toEqual([2 + 5])
    for (const act of ['agt_1', 7, null, [], { sub: 7 }])
      await denylistOn(kv).check({ ...CLAIMS, act }, undefined)
    expect(kv.reads.slice(1).map(([keys]) => keys.length)).toEqual([2, 2, 2, 2, 2])
  })
})

describe('many at once, for what is open for long', () => {
  const callers = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      claims: { sub: `user:${index}`, iat: NOW - 10, jti: `id-${index}` },
      thumbprint: 'print',
    }))

  it('finds those that are revoked, by the list as it is now', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    const [ada, bob, eve] = callers(3)
    if (!ada || !bob || !eve) throw new Error('three were made')
    await denylist.check(ada.claims, ada.thumbprint)
    await kv.set('jti', 'id-0', { before: NOW })
    await kv.set('sub', 'user:2', { before: NOW })
    expect(await denylist.findRevoked([ada, bob, eve])).toEqual(new Set([ada, eve]))
    expect(await denialOf(denylist, ada.claims), 'and remembers it').toBeDefined()
    await kv.set('thumbprint', 'print', { before: NOW })
    expect(await denylist.findRevoked([ada, bob, eve])).toEqual(new Set([ada, bob, eve]))
  })

  it('reads each name once, and a hundred at most at a time: KV takes no more', async () => {
    const kv = memory()
    await kv.set('sub', 'user:119', { before: NOW })
    const all = callers(120)
    expect(await denylistOn(kv).findRevoked(all)).toEqual(new Set([all[119]]))
    expect(kv.reads.map(([keys]) => keys.length)).toEqual([100, 100, 41])
    expect(await denylistOn(kv).findRevoked([])).toEqual(new Set())
  })

  it('is unavailable, or goes by what is remembered, when the list cannot be read', async () => {
    const kv = memory()
    const [ada, bob] = callers(2)
    if (!ada || !bob) throw new Error('two were made')
    const [closed, open] = [denylistOn(kv), denylistOn(kv, { onError: 'open' })]
    await open.revoke({ jti: 'id-0' })
    kv.answer = () => Promise.reject(new Error('KV is down'))
    await expect(closed.findRevoked([ada, bob])).rejects.toThrow(RevocationUnavailableError)
    expect(await open.findRevoked([ada, bob])).toEqual(new Set([ada]))
  })

  it('knows without a read what was seen on the list, even after 30 seconds', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    const [ada] = callers(1)
    if (!ada) throw new Error('one was made')
    expect(denylist.isKnownRevoked(ada)).toBe(false)
    await denylist.revoke({ sub: 'user:0' })
    time = NOW + 31
    expect(denylist.isKnownRevoked(ada)).toBe(true)
    expect(denylist.isKnownRevoked({ claims: { ...ada.claims, auth_iat: NOW + 1 } })).toBe(false)
    expect(kv.reads).toEqual([])
  })
})

describe('reading', () => {
  it('asks once, for what the token has, as JSON', async () => {
    const kv = memory()
    await denylistOn(kv).check(CLAIMS, 'print')
    await denylistOn(kv).check({ sub: 'user:1', iat: NOW }, undefined)
    const subject = await keyOf('sub', 'user:1')
    expect(kv.reads).toEqual([
      [[subject, await keyOf('jti', 'id-1'), await keyOf('thumbprint', 'print')], { type: 'json' }],
      [[subject], { type: 'json' }],
    ])
  })

  it('remembers for 30 seconds, and then asks again for what has run out alone', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    await denylist.check({ sub: 'user:1', iat: NOW }, undefined)
    time = NOW + 29.9
    expect(denylist.check({ sub: 'user:1', iat: NOW }, undefined)).toBeUndefined()
    await denylist.check(CLAIMS, undefined)
    time = NOW + 30
    await denylist.check(CLAIMS, undefined)
    expect(kv.reads.map(([keys]) => keys.map((key) => key.split(':')[2]))).toEqual([
      ['sub'],
      ['jti'],
      ['sub'],
    ])
  })

  it('forgets the verdict that is oldest when there are more than 3000', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    const ask = (sub: string) => denylist.check({ sub, iat: NOW }, undefined)
    for (let count = 0; count < 3000; count++) await denylist.revoke({ jti: `id-${count}` })
    await denylist.revoke({ jti: 'id-0' })
    await ask('one more')
    await ask('one more')
    expect(kv.reads).toHaveLength(1)
    const isKnown = (jti: string) => denialOf(denylist, { sub: 'one more', jti })
    expect(await isKnown('id-0')).toBeDefined()
    expect(await isKnown('id-2')).toBeDefined()
    expect(kv.reads).toHaveLength(1)
    await isKnown('id-1')
    expect(kv.reads).toHaveLength(2)
  })
})

describe('a list that cannot be read', () => {
  const failures: [what: string, answer: () => Promise<Map<string, unknown>>][] = [
    ['fails', () => Promise.reject(new Error('KV is down'))],
    ['does not answer in 2 seconds', () => new Promise(() => undefined)],
  ]
  const problem = 'the deny-list could not be read'

  it.each(failures)('rejects where that is set, and reports it, when it %s', async (_, answer) => {
    vi.useFakeTimers()
    const kv = memory()
    kv.answer = answer
    const checking = denylistOn(kv).check(CLAIMS, 'print')
    const rejected = expect(checking).rejects.toMatchObject({ message: problem, retryAfterSeconds: 5 })
    const kind = expect(checking).rejects.toThrow(RevocationUnavailableError)
    await vi.waitFor(() => expect(kv.reads).toHaveLength(1))
    await vi.advanceTimersByTimeAsync(2000)
    await Promise.all([rejected, kind])
    expect(events).toEqual([{ event: 'denylist_failed', level: 'error', detail: problem }])
  })

  it('goes by the verdicts that have run out, where tokens may pass', async () => {
    const kv = memory()
    const denylist = denylistOn(kv, { onError: 'open' })
    await kv.set('jti', 'bad', { before: NOW })
    expect(await denialOf(denylist, { jti: 'bad' })).toBeDefined()
    time = NOW + 31
    kv.answer = () => Promise.reject(new Error('KV is down'))
    expect(await denialOf(denylist, { jti: 'bad' })).toBe('its jti is on the deny-list')
    expect(await denialOf(denylist, { jti: 'good' })).toBeUndefined()
    expect(events.map(({ event }) => event)).toEqual(['denylist_failed', 'denylist_failed'])
  })

  it('is asked again for the next token', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    const { answer } = kv
    kv.answer = () => Promise.reject(new Error('KV is down'))
    await expect(denylist.check(CLAIMS, undefined)).rejects.toThrow(problem)
    kv.answer = answer
    expect(await denialOf(denylist)).toBeUndefined()
  })
})

describe('revoke', () => {
  it.each<[revocation: Revocation, kind: string, value: string, expirationTtl: number]>([
    [{ jti: 'id-1' }, 'jti', 'id-1', 31 * 86_400],
    [{ thumbprint: 'print' }, 'thumbprint', 'print', 365 * 86_400],
    [{ sub: 'user:1' }, 'sub', 'user:1', 31 * 86_400],
  ])('puts %j on the list, for as long as it can matter', async (revocation, kind, value, expirationTtl) => {
    const kv = memory()
    time = NOW + 0.9
    await denylistOn(kv).revoke(revocation)
    expect(kv.writes).toEqual([[await keyOf(kind, value), { before: NOW }, { expirationTtl }]])
  })

  it.each([
    [10, 370],
    [86_400, 86_760],
  ])(
    'keeps an entry until no verifier can accept the token, whatever its own leeway: %d',
    async (ttl, kept) => {
      const kv = memory()
      await denylistOn(kv, { maxTtlSeconds: ttl }).revoke({ jti: 'x' }, 0)
      expect(kv.writes).toMatchObject([[expect.anything(), expect.anything(), { expirationTtl: kept }]])
    },
  )

  it.each([
    ['as long as its issuer says', 40 * 86_400, 40 * 86_400],
    ['no shorter than its longest token', 60, 86_760],
  ])('keeps a subject %s', async (_, subjectTtl, kept) => {
    const kv = memory()
    await denylistOn(kv, { maxTtlSeconds: 86_400 }).revoke({ sub: 'user:1' }, subjectTtl)
    expect(kv.writes).toMatchObject([[expect.anything(), expect.anything(), { expirationTtl: kept }]])
  })

  it('holds at once where it was called, for 30 seconds without a read', async () => {
    const kv = memory()
    const denylist = denylistOn(kv)
    await denylist.check(CLAIMS, undefined)
    await denylist.revoke({ jti: 'id-1' })
    time = NOW + 29
    expect(await denialOf(denylist)).toBe('its jti is on the deny-list')
    expect(kv.reads).toHaveLength(1)
    time = NOW + 30
    expect(await denialOf(denylist)).toBe('its jti is on the deny-list')
    expect(kv.reads).toHaveLength(2)
  })

  it.each([
    [{}],
    [{ jti: '' }],
    [{ jti: 7 }],
    [{ sub: 'a', jti: 'b' }],
    [{ jti: 'b', note: undefined }],
    [{ email: 'a@b.test' }],
    [{ aud: '' }],
  ])('rejects %j', async (revocation) => {
    const kv = memory()
    const revoking = denylistOn(kv).revoke(revocation as never)
    await expect(revoking).rejects.toThrow(ClaimsError)
    await expect(revoking).rejects.toThrow(
      'revoke accepts one of { jti }, { sub } or { thumbprint }, a non-empty string',
    )
    expect(kv.writes).toEqual([])
  })
})
