import { describe, expect, it } from 'vitest'
import { UsageError } from '../options.ts'
import { checkOut } from './checkout.ts'
import { comparePairs, type Side, verdict } from './pairs.ts'

/** A machine that slows down all the while and hiccups now and then. */
function machine(times: Readonly<Record<Side, number>>): (side: Side) => Promise<number> {
  let runs = 0
  return (side) => {
    runs++
    return Promise.resolve(times[side] * (1 + runs / 500) * (runs % 7 === 0 ? 1.5 : 1))
  }
}

/** The same numbers each time (a linear congruential generator). */
function seeded(): () => number {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

describe('pairs of before and after', () => {
  it('find what a change saves, though the machine drifts', async () => {
    const compared = await comparePairs('work', 75, machine({ before: 100, after: 80, again: 100 }), seeded())
    expect(compared.ratio.median).toBeCloseTo(0.8, 1)
    expect(verdict(compared)).toBe('faster')
  })

  it('say slower for the other way round', async () => {
    const compared = await comparePairs(
      'work',
      75,
      machine({ before: 100, after: 130, again: 100 }),
      seeded(),
    )
    expect(verdict(compared)).toBe('slower')
  })

  it('show no difference for the same code', async () => {
    const compared = await comparePairs(
      'work',
      75,
      machine({ before: 100, after: 100, again: 100 }),
      seeded(),
    )
    expect(verdict(compared)).toBe('no difference shown')
  })

  it('show none that a second copy of the code before shows too', () => {
    const ratio = { median: 0.9, low: 0.88, high: 0.93 }
    expect(verdict({ work: '', ratio, control: { median: 0.95, low: 0.92, high: 0.97 } })).toBe(
      'no difference shown',
    )
    expect(verdict({ work: '', ratio, control: { median: 1, low: 0.98, high: 1.02 } })).toBe('faster')
  })
})

it('rejects a commit that git does not know', () => {
  expect(() => checkOut('--no-such-ref')).toThrow(UsageError)
})
