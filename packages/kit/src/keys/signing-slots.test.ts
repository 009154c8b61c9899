import { failNextImport } from '../../../../test/support/crypto-calls.ts'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ConfigError } from '../errors.ts'
import type { KitEvent } from '../primitives/events.ts'
import { eligibleSlots, type NamedText, SlotRing, slotTailSeconds } from './signing-slots.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'

// Two pairs: RFC 8037 appendix A, and RFC 8032 §7.1 test 2.
const ONE = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
}
const TWO = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
}
const TAIL = slotTailSeconds(3600, 90)
const NOW = 1_800_000_000

function ringOf(
  slots: Record<string, unknown>,
  Ring: typeof SlotRing = SlotRing,
): { ring: SlotRing; events: KitEvent[] } {
  const events: KitEvent[] = []
  const entries = Object.entries(slots).map(([name, text]): NamedText => ({ name, text }))
  return { ring: new Ring(entries, TAIL, (event) => events.push(event)), events }
}

const kidAt = async (ring: SlotRing, now: number): Promise<string | undefined> => (await ring.signer(now)).kid
const states = (ring: SlotRing, now: number): Record<string, string> =>
  Object.fromEntries(ring.describe(now).map(({ name, state }) => [name, state]))

describe('SlotRing', () => {
  it('signs with the current slot until the next one activates, and publishes both', async () => {
    const { ring } = ringOf({
      A: { ...ONE, kid: 'a', nbf: NOW - 1000 },
      B: { ...TWO, kid: 'b', nbf: NOW + 600 },
    })
    expect(await kidAt(ring, NOW)).toBe('a')
    expect(await kidAt(ring, NOW + 599)).toBe('a')
    expect(await kidAt(ring, NOW + 600)).toBe('b')
    expect((await ring.published(NOW)).map(({ jwk }) => jwk.kid)).toEqual(['a', 'b'])
    expect(states(ring, NOW)).toEqual({ A: 'signing', B: 'next' })
    expect(states(ring, NOW + 600)).toEqual({ A: 'previous', B: 'signing' })
  })

  it('takes the first of the list when two activate at once', async () => {
    const { ring } = ringOf({ A: { ...ONE, kid: 'a', nbf: NOW }, B: { ...TWO, kid: 'b', nbf: NOW } })
    expect(await kidAt(ring, NOW)).toBe('a')
    expect(states(ring, NOW)).toEqual({ A: 'signing', B: 'previous' })
  })

  it('reports a slot that holds the key of another: rotating to it would change nothing', async () => {
    const { ring, events } = ringOf({
      A: { ...ONE, kid: 'a', nbf: NOW - 1000 },
      B: { ...ONE, kid: 'b', nbf: NOW },
      C: { ...TWO, kid: 'c', nbf: NOW + 600 },
    })
    const problem = expect.stringContaining('it holds the key of A') as string
    expect(events).toEqual([{ event: 'slot_repeated', level: 'error', name: 'B', detail: problem }])
    expect(ring.describe(NOW).map((slot) => slot.problem)).toEqual([undefined, problem, undefined])
    // Tokens of both kids may be out.
    expect(await kidAt(ring, NOW)).toBe('b')
    expect((await ring.published(NOW)).map(({ jwk }) => jwk.kid)).toEqual(['a', 'b', 'c'])
  })

  it('returns the key at once when it is known to be whole', async () => {
    const { ring } = ringOf({ A: { ...ONE, kid: 'a' } })
    const first = ring.signer(NOW)
    expect(first).toBeInstanceOf(Promise)
    const key = await first
    expect(ring.signer(NOW + 1)).toBe(key)
  })

  it('stops signing so early before exp that every token ends first, and publishes until exp', async () => {
    expect(slotTailSeconds(3600, 90)).toBe(3600 + 90 + 300)
    const exp = NOW + TAIL + 100
    const { ring } = ringOf({
      A: { ...ONE, kid: 'a', nbf: NOW - 1000 },
      B: { ...TWO, kid: 'b', nbf: NOW - 10, exp },
    })
    expect(await kidAt(ring, NOW + 99)).toBe('b')
    expect(await kidAt(ring, NOW + 100)).toBe('a')
    expect((await ring.published(exp - 1)).map(({ jwk }) => jwk.kid)).toEqual(['a', 'b'])
    expect((await ring.published(exp)).map(({ jwk }) => jwk.kid)).toEqual(['a'])
    expect(ring.describe(exp)).toStrictEqual([
      { name: 'A', kid: 'a', nbf: NOW - 1000, state: 'signing' },
      { name: 'B', kid: 'b', nbf: NOW - 10, exp, state: 'withdrawn' },
    ])
  })

  it('publishes allow-listed members only', async () => {
    const { ring } = ringOf({ A: { ...ONE, kid: 'a', nbf: 1, note: 'internal' } })
    const [published] = await ring.published(NOW)
    expect(published?.jwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: ONE.x,
      kid: 'a',
      alg: 'EdDSA',
      use: 'sig',
    })
    expect(published?.key.kid).toBe('a')
    expect((await published?.key.load())?.thumbprint).toBe(await thumbprintOf(ONE.x))
  })

  it('takes a JWK as text, and the whole output of kit-keygen', async () => {
    const output = JSON.stringify({ publicJwk: { x: TWO.x }, privateJwk: { ...TWO, kid: 'b', nbf: 2 } })
    const { ring } = ringOf({ A: JSON.stringify({ ...ONE, kid: 'a', nbf: 1 }), B: output })
    expect(await kidAt(ring, NOW)).toBe('b')
  })

  it.each<[string, unknown, RegExp]>([
    ['is unset', undefined, /unset or empty/],
    ['is null', null, /unset or empty/],
    ['is empty', '', /unset or empty/],
    ['is not JSON', '{"kty":', /not a JWK/],
    ['is a public key', { ...TWO, kid: 'b', d: undefined }, /public key/],
    ['has no kid', TWO, /no kid/],
    ['is of another curve', { ...TWO, kid: 'b', crv: 'Ed448' }, /not an Ed25519 key/],
    ['has a malformed seed', { ...TWO, kid: 'b', d: 'AAAA' }, /its d is not/],
    ['has the type of another', { ...TWO, kid: 'b', kty: 'EC' }, /not an Ed25519 key/],
    ['is for another algorithm', { ...TWO, kid: 'b', alg: 'ES256' }, /alg is not EdDSA/],
    ['is for another use', { ...TWO, kid: 'b', use: 'enc' }, /use is not sig/],
    ['has a malformed x', { ...TWO, kid: 'b', x: 'AAAA' }, /its x is not 32 bytes/],
    ['has a point of small order', { ...TWO, kid: 'b', x: 'A'.repeat(43) }, /small order/],
    ['has an nbf in words', { ...TWO, kid: 'b', nbf: 'tomorrow' }, /nbf is not a time/],
    ['has a negative nbf', { ...TWO, kid: 'b', nbf: -1 }, /nbf is not a time in seconds/],
    ['has an exp as text', { ...TWO, kid: 'b', exp: '1800000000' }, /exp is not a time in seconds/],
    ['has an endless exp', { ...TWO, kid: 'b', exp: Infinity }, /exp is not a time in seconds/],
    ['has an exp of null', { ...TWO, kid: 'b', exp: null }, /exp is not a time in seconds/],
    ['has the kid of another', { ...TWO, kid: 'a', nbf: NOW }, /same kid as A/],
  ])('skips and reports a slot that %s, and signs with the other', async (_, slot, problem) => {
    const { ring, events } = ringOf({ A: { ...ONE, kid: 'a', nbf: 1 }, B: slot })
    expect(await kidAt(ring, NOW)).toBe('a')
    expect(events).toMatchObject([{ event: 'slot_skipped', level: 'error', name: 'B' }])
    expect(ring.describe(NOW).find(({ name }) => name === 'B')?.problem).toMatch(problem)
  })

  it('skips and reports, once, a slot whose halves do not belong together', async () => {
    // Read anew: the words stand at the top of the module.
    vi.resetModules()
    const fresh = await import('./signing-slots.ts')
    const { ring, events } = ringOf(
      { A: { ...ONE, kid: 'a', nbf: 1 }, B: { ...TWO, d: ONE.d, kid: 'b', nbf: 2 } },
      fresh.SlotRing,
    )
    expect(await Promise.all([kidAt(ring, NOW), kidAt(ring, NOW)])).toEqual(['a', 'a'])
    expect(await kidAt(ring, NOW)).toBe('a')
    expect((await ring.published(NOW)).map(({ jwk }) => jwk.kid)).toEqual(['a'])
    const problem = 'its halves do not belong together (check it with: npx kit-keygen check FILE)'
    expect(events).toEqual([{ event: 'slot_skipped', level: 'error', name: 'B', detail: problem }])
    expect(ring.describe(NOW)).toEqual([
      { name: 'A', kid: 'a', nbf: 1, state: 'signing' },
      { name: 'B', kid: 'b', nbf: 2, state: 'skipped', problem },
    ])
  })

  it('skips and reports a slot whose key the runtime will not import', async () => {
    failNextImport(new Error('invalid point'))
    const { ring, events } = ringOf({ A: { ...ONE, kid: 'a', nbf: 1 }, B: { ...TWO, kid: 'b', nbf: 2 } })
    expect(await kidAt(ring, NOW)).toBe('a')
    expect(states(ring, NOW)).toEqual({ A: 'signing', B: 'skipped' })
    expect(events).toMatchObject([{ event: 'slot_skipped', name: 'B' }])
    vi.restoreAllMocks()
  })

  it('reports such a slot at its first use, whatever that is', async () => {
    const slots = { A: { ...ONE, kid: 'a', nbf: 1 }, B: { ...TWO, d: ONE.d, kid: 'b', nbf: 2 } }
    for (const use of [(ring: SlotRing) => ring.signer(NOW), (ring: SlotRing) => ring.published(NOW)]) {
      const { ring, events } = ringOf(slots)
      await use(ring)
      expect(events.length).toBe(1)
    }
  })

  it.each<[what: string, starts: number[], kept: string]>([
    ['the earlier of two', [200, 100], 'B'],
    ['the first of two that start together', [100, 100], 'A'],
    ['the earliest of three', [200, 300, 100], 'C'],
  ])('keeps, of slots with one kid, %s', async (_, starts, kept) => {
    const slots = starts.map((nbf, index) => [['A', 'B', 'C'][index], { ...ONE, kid: 'same', nbf }] as const)
    const { ring, events } = ringOf(Object.fromEntries(slots) as Record<string, unknown>)
    expect(states(ring, NOW)[kept]).toBe('signing')
    expect((await ring.published(NOW)).length).toBe(1)
    expect(events.length).toBe(starts.length - 1)
    const problem = `it has the same kid as ${kept}: make it anew with another --kid`
    for (const event of events) expect(event).toMatchObject({ event: 'slot_skipped', detail: problem })
  })

  it('cannot be made when no slot is usable, and quotes no key material', () => {
    const make = (): unknown => ringOf({ A: '', B: { ...TWO, kid: 'b', x: 'short' } })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(
      'no signing key is usable. A: it is unset or empty. B: its x is not 32 bytes in canonical base64url. ' +
        'To mend it: make one with: npx kit-keygen --private',
    )
    expect(make).not.toThrow(TWO.d)
  })

  it.each<[what: string, slots: Record<string, unknown>, message: string]>([
    [
      'starts later',
      { A: { ...ONE, kid: 'a', nbf: 1, exp: NOW }, B: { ...TWO, kid: 'b', nbf: NOW + 60 } },
      'no signing key is active yet: B starts at 2027-01-15T08:01:00.000Z. ' +
        'To mend it: make one without --activate-in',
    ],
    [
      'starts in a time beyond all calendars',
      { A: { ...ONE, kid: 'a', nbf: 1e15 } },
      'no signing key is active yet: A starts at 1000000000000000 s. ' +
        'To mend it: make one without --activate-in',
    ],
    [
      'has ended',
      { A: { ...ONE, kid: 'a', nbf: NOW, exp: NOW + TAIL } },
      'no signing key may sign. To mend it: make a new one with: npx kit-keygen --private',
    ],
    [
      'is broken',
      { A: { ...ONE, d: TWO.d, kid: 'a' }, B: { ...TWO, kid: 'b', exp: NOW } },
      'no signing key may sign. ' +
        'A: its halves do not belong together (check it with: npx kit-keygen check FILE). ' +
        'To mend it: make a new one with: npx kit-keygen --private',
    ],
  ])('says what to do when the only key %s', async (_, slots, message) => {
    const { ring } = ringOf(slots)
    await expect(ring.signer(NOW)).rejects.toThrow(new ConfigError(message))
  })
})

describe('eligibleSlots', () => {
  it('never chooses a slot outside its time, and always the latest of those inside', () => {
    const slot = fc.record({ nbf: fc.integer({ min: 0, max: 100 }), exp: fc.integer({ min: 0, max: 200 }) })
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 6 }), fc.integer({ min: 0, max: 200 }), (slots, now) => {
        const chosen = eligibleSlots(slots, now, 10)
        const inside = slots.filter(({ nbf, exp }) => nbf <= now && now < exp - 10)
        expect(chosen.length).toBe(inside.length)
        expect(chosen[0]?.nbf).toBe(inside.length > 0 ? Math.max(...inside.map(({ nbf }) => nbf)) : undefined)
      }),
    )
  })
})
