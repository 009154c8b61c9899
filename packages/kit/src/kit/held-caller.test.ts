import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { DENYLIST_CACHE_SECONDS, DENYLIST_RETRY_MS } from '../constants.ts'
import { RevocationUnavailableError } from '../errors.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { correlationOf } from '../log/correlation.ts'
import { createTestIssuer } from '../testing/test-issuer.ts'
import { createKit } from './create-kit.ts'
import { type Authority, heldCaller, knownStanding, standingOf, standingsOf } from './held-caller.ts'
import { internalsOf, type Kit } from './kit.ts'

const NOW = 1_800_000_000
const base = { issuer: 'https://issuer.test', audience: 'reports', logLevel: 'off' } as const
const secret = generateSecret()

let time = NOW
let reads = 0
/** How many reads fail from now on. */
let failures = 0
const entries = new Map<string, unknown>()
const denylist = {
  get: (keys: string[]) => {
    reads++
    if (failures-- > 0) return Promise.reject(new Error('KV is down'))
    return Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null])))
  },
  put: (key: string, value: string) => {
    entries.set(key, JSON.parse(value))
    return Promise.resolve()
  },
}

beforeEach(() => {
  time = NOW
  reads = failures = 0
  entries.clear()
})

const kitOf = (more: object = { denylist }): Kit =>
  createKit({ ...base, sign: { secret }, now: () => time, ...more })
/** Without a deny-list, so that nothing is known of anybody at first. */
const plain = kitOf({})

/** Callers of these names, who were verified. */
async function callers(...names: string[]) {
  const auths = names.map(async (sub) => plain.checkAuth(await plain.sign({ sub }, { ttlSeconds: 600 })))
  return (await Promise.all(auths)).map((auth) => heldCaller(auth as Auth))
}
async function ada() {
  const [one] = await callers('ada')
  if (!one) throw new Error('nobody was verified')
  return one
}

describe('what is kept of a caller', () => {
  it('is the claims and, of a public key, its thumbprint; JSON, without the token', async () => {
    const issuer = await createTestIssuer({ audience: 'reports' })
    const kit = createKit({ ...base, verify: { jwksService: issuer.binding } })
    const token = await issuer.token({ sub: 'ada' })
    const auth = (await kit.checkAuth(token)) as Auth
    const kept = heldCaller(auth)
    expect(kept).toStrictEqual({
      claims: auth.claims,
      thumbprint: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
    expect(JSON.parse(JSON.stringify(kept))).toEqual(kept)
    // A copy is nobody's whom a verifier knows.
    expect(heldCaller({ ...auth })).toStrictEqual({ claims: auth.claims })
  })

  it('has no thumbprint of a secret, and the ids of the upgrade alone where that is given', async () => {
    const auth = (await plain.checkAuth(await plain.sign({ sub: 'ada' }))) as Auth
    expect(heldCaller(auth)).toStrictEqual({ claims: auth.claims })
    const request = new Request('https://a.test', {
      headers: { tracestate: 'a=1', 'X-Request-Id': 'a1b2c3d4' },
    })
    const { traceId } = correlationOf(request)
    expect(heldCaller(auth, request)).toStrictEqual({ claims: auth.claims, requestId: 'a1b2c3d4', traceId })
  })
})

describe('how a caller stands', () => {
  it.each<[how: string, stand: typeof knownStanding | typeof standingOf]>([
    ['by what is known', knownStanding],
    ['by a verdict', standingOf],
  ])('ends with the token, %s: without leeway, and without a read', async (_, stand) => {
    const caller = await ada()
    for (const authority of [internalsOf(plain), internalsOf(kitOf())]) {
      time = caller.claims.exp - 1
      expect(await stand(authority, caller)).toBe('good')
      reads = 0
      for (time of [caller.claims.exp, caller.claims.exp + 1]) expect(stand(authority, caller)).toBe('ended')
      expect(reads).toBe(0)
    }
  })

  it('is known without a wait where there is no deny-list, or a verdict of it', async () => {
    const caller = await ada()
    expect(standingOf(internalsOf(plain), caller)).toBe('good')
    const kit = kitOf()
    const first = standingOf(internalsOf(kit), caller)
    expect(first).toBeInstanceOf(Promise)
    expect([await first, standingOf(internalsOf(kit), caller), reads]).toEqual(['good', 'good', 1])
  })

  it('is revoked once somebody revoked it: here at once, elsewhere as soon as the list is read', async () => {
    const caller = await ada()
    const [here, elsewhere] = [kitOf(), kitOf()]
    await here.revoke({ sub: 'ada' })
    expect([knownStanding(internalsOf(here), caller), standingOf(internalsOf(here), caller)]).toEqual([
      'revoked',
      'revoked',
    ])
    expect(knownStanding(internalsOf(elsewhere), caller)).toBe('good')
    expect(await standingOf(internalsOf(elsewhere), caller)).toBe('revoked')
    expect(knownStanding(internalsOf(elsewhere), caller)).toBe('revoked')
  })

  it('stays revoked for code that cannot wait, until a new verdict lifts it', async () => {
    const caller = await ada()
    const kit = kitOf()
    await kit.revoke({ sub: 'ada' })
    entries.clear()
    time += DENYLIST_CACHE_SECONDS + 1
    expect(knownStanding(internalsOf(kit), caller)).toBe('revoked')
    expect(await standingOf(internalsOf(kit), caller)).toBe('good')
    expect(knownStanding(internalsOf(kit), caller)).toBe('good')
  })

  it('is not known while the list cannot be read, unless it is set to open', async () => {
    const caller = await ada()
    failures = 2
    expect(await standingOf(internalsOf(kitOf()), caller)).toBe('unavailable')
    expect(await standingOf(internalsOf(kitOf({ denylist, denylistOnError: 'open' })), caller)).toBe('good')
  })

  it('hides no fault of another kind', async () => {
    const caller = await ada()
    const broken = (check: () => Promise<void>) =>
      ({
        settings: { now: () => time },
        denylist: { check, isKnownRevoked: () => false },
      }) as unknown as Authority
    const fault = (): never => {
      throw new TypeError('a mistake')
    }
    expect(() => standingOf(broken(fault), caller)).toThrow(TypeError)
    await expect(
      standingOf(
        broken(() => Promise.reject(new TypeError('a mistake'))),
        caller,
      ),
    ).rejects.toThrow(TypeError)
    const down = (): never => {
      throw new RevocationUnavailableError('down', 5)
    }
    expect(standingOf(broken(down), caller)).toBe('unavailable')
  })
})

describe('how many callers stand', () => {
  const pauses: number[] = []
  const pause = (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds))
  beforeEach(() => {
    pauses.length = 0
  })

  it('is told by one read, of each', async () => {
    const [good, revoked, ended] = await callers('ada', 'bob', 'eve')
    if (!good || !revoked || !ended) throw new Error('nobody was verified')
    await kitOf().revoke({ sub: 'bob' })
    const late = { ...ended, claims: { ...ended.claims, exp: NOW } }
    const standings = await standingsOf(internalsOf(kitOf()), [good, revoked, late], pause)
    expect([...standings]).toEqual([
      [good, 'good'],
      [revoked, 'revoked'],
      [late, 'ended'],
    ])
    expect([reads, pauses]).toEqual([1, []])
  })

  it('is told by what was read, though not all of it can be remembered', async () => {
    const [good, revoked] = await callers('ada', 'bob')
    if (!good || !revoked) throw new Error('nobody was verified')
    const denylist = {
      findRevoked: () => Promise.resolve(new Set([revoked])),
      isKnownRevoked: () => false,
    }
    const forgetful = { settings: { now: () => time }, denylist } as unknown as Authority
    const standings = await standingsOf(forgetful, [good, revoked], pause)
    expect([...standings.values()]).toEqual(['good', 'revoked'])
  })

  it('is told by the clock alone where there is no deny-list', async () => {
    const one = await ada()
    const late = { ...one, claims: { ...one.claims, exp: NOW } }
    expect([...(await standingsOf(internalsOf(plain), [one, late], pause)).values()]).toEqual([
      'good',
      'ended',
    ])
  })

  it('is read once more after a pause, so that one read that fails is nobody’s end', async () => {
    const one = await ada()
    failures = 1
    expect([...(await standingsOf(internalsOf(kitOf()), [one], pause)).values()]).toEqual(['good'])
    expect([reads, pauses]).toEqual([2, [DENYLIST_RETRY_MS]])
  })

  it('is not known after a second read that fails, but of those who ended or are known to be revoked', async () => {
    const [good, revoked, ended] = await callers('ada', 'bob', 'eve')
    if (!good || !revoked || !ended) throw new Error('nobody was verified')
    const kit = kitOf()
    await kit.revoke({ sub: 'bob' })
    const late = { ...ended, claims: { ...ended.claims, exp: NOW } }
    failures = 9
    const standings = await standingsOf(internalsOf(kit), [good, revoked, late], pause)
    expect([...standings.values()]).toEqual(['unavailable', 'revoked', 'ended'])
    expect([reads, pauses]).toEqual([2, [DENYLIST_RETRY_MS]])
  })

  it('hides no fault of another kind, and tries none of them again', async () => {
    const findRevoked = vi.fn(() => Promise.reject(new TypeError('a mistake')))
    const broken = { settings: { now: () => time }, denylist: { findRevoked } } as unknown as Authority
    await expect(standingsOf(broken, [await ada()], pause)).rejects.toThrow(TypeError)
    expect([findRevoked.mock.calls.length, pauses]).toEqual([1, []])
  })

  it('waits by the clock of the runtime, by default', async () => {
    const one = await ada()
    failures = 1
    vi.useFakeTimers()
    try {
      let isTold = false
      const telling = standingsOf(internalsOf(kitOf()), [one]).finally(() => (isTold = true))
      await vi.waitFor(() => expect(reads).toBe(1), { interval: 1 })
      await vi.advanceTimersByTimeAsync(DENYLIST_RETRY_MS - 100)
      expect([isTold, reads]).toEqual([false, 1])
      await vi.advanceTimersByTimeAsync(200)
      expect([...(await telling).values()]).toEqual(['good'])
    } finally {
      vi.useRealTimers()
    }
  })
})
