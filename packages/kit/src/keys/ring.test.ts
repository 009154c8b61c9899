import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import type { KitEvent } from '../events.ts'
import { eligibleSlots, type NamedText, SlotRing, slotTailSeconds } from './ring.ts'

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

function ringOf(slots: Record<string, unknown>): { ring: SlotRing; events: KitEvent[] } {
  const events: KitEvent[] = []
  const entries = Object.entries(slots).map(([name, text]): NamedText => ({ name, text }))
  return { ring: new SlotRing(entries, TAIL, (event) => events.push(event)), events }
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
  })

  it('stops signing so early before exp that every token ends first, and publishes until exp', async () => {
    const exp = NOW + TAIL + 100
    const { ring } = ringOf({
      A: { ...ONE, kid: 'a', nbf: NOW - 1000 },
      B: { ...TWO, kid: 'b', nbf: NOW - 10, exp },
    })
    expect(await kidAt(ring, NOW + 99)).toBe('b')
    expect(await kidAt(ring, NOW + 100)).toBe('a')
    expect((await ring.published(exp - 1)).map(({ jwk }) => jwk.kid)).toEqual(['a', 'b'])
    expect((await ring.published(exp)).map(({ jwk }) => jwk.kid)).toEqual(['a'])
    expect(states(ring, exp)).toEqual({ A: 'signing', B: 'withdrawn' })
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
  })

  it('takes a JWK as text, and the whole output of kit-keygen', async () => {
    const output = JSON.stringify({ publicJwk: { x: TWO.x }, privateJwk: { ...TWO, kid: 'b', nbf: 2 } })
    const { ring } = ringOf({ A: JSON.stringify({ ...ONE, kid: 'a', nbf: 1 }), B: output })
    expect(await kidAt(ring, NOW)).toBe('b')
  })

  it.each<[string, unknown, RegExp]>([
    ['is unset', undefined, /unset or empty/],
    ['is empty', '', /unset or empty/],
    ['is not JSON', '{"kty":', /not a JWK/],
    ['is a public key', { ...TWO, kid: 'b', d: undefined }, /public key/],
    ['has no kid', TWO, /no kid/],
    ['is of another curve', { ...TWO, kid: 'b', crv: 'Ed448' }, /not an Ed25519 key/],
    ['has a malformed seed', { ...TWO, kid: 'b', d: 'AAAA' }, /its d is not/],
    ['has an nbf in words', { ...TWO, kid: 'b', nbf: 'tomorrow' }, /nbf is not a time/],
    ['has the kid of another', { ...TWO, kid: 'a', nbf: NOW }, /same kid as A/],
  ])('skips and reports a slot that %s, and signs with the other', async (_, slot, problem) => {
    const { ring, events } = ringOf({ A: { ...ONE, kid: 'a', nbf: 1 }, B: slot })
    expect(await kidAt(ring, NOW)).toBe('a')
    expect(events).toMatchObject([{ type: 'slot_skipped', level: 'error', name: 'B' }])
    expect(ring.describe(NOW).find(({ name }) => name === 'B')?.problem).toMatch(problem)
  })

  it('skips and reports, once, a slot whose halves do not belong together', async () => {
    const { ring, events } = ringOf({
      A: { ...ONE, kid: 'a', nbf: 1 },
      B: { ...TWO, d: ONE.d, kid: 'b', nbf: 2 },
    })
    expect(await Promise.all([kidAt(ring, NOW), kidAt(ring, NOW)])).toEqual(['a', 'a'])
    expect(await kidAt(ring, NOW)).toBe('a')
    expect((await ring.published(NOW)).map(({ jwk }) => jwk.kid)).toEqual(['a'])
    expect(events).toMatchObject([{ type: 'slot_skipped', name: 'B' }])
    expect(JSON.stringify(events)).toContain('do not belong together')
  })

  it('keeps the earlier of two slots with one kid', async () => {
    const { ring } = ringOf({ A: { ...ONE, kid: 'same', nbf: 200 }, B: { ...TWO, kid: 'same', nbf: 100 } })
    const [published, ...others] = await ring.published(NOW)
    expect(published?.jwk.x).toBe(TWO.x)
    expect(others).toEqual([])
  })

  it('cannot be made when no slot is usable, and quotes no key material', () => {
    const make = (): unknown => ringOf({ A: '', B: { ...TWO, kid: 'b', x: 'short' } })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(/A: it is unset or empty.*B: its x is not 32 bytes/)
    expect(make).not.toThrow(TWO.d)
  })

  it('says when the first slot activates if none may sign yet', async () => {
    const { ring } = ringOf({ A: { ...ONE, kid: 'a', nbf: NOW + 60 } })
    await expect(ring.signer(NOW)).rejects.toThrow(/not active yet|no signing key is active yet: A starts at/)
  })

  it('fails when the only pair does not match', async () => {
    const { ring } = ringOf({ A: { ...ONE, d: TWO.d, kid: 'a' } })
    await expect(ring.signer(NOW)).rejects.toThrow(/A: its halves do not belong together/)
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
