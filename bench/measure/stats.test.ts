import { describe, expect, it } from 'vitest'
import { measureGroup } from './rounds.ts'
import { simulateJwksLoad } from '../parts/scale.ts'
import { bootstrap, median, quantile, shuffled } from './stats.ts'

describe('statistics', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20)
    expect(quantile([10, 20, 30, 40, 50], 1)).toBe(50)
    expect(median([])).toBeNaN()
  })

  it('gives the median an interval that narrows with the number of values', () => {
    const alternating = (count: number) => Array.from({ length: count }, (_, index) => 1 + (index % 5) / 10)
    const width = (values: readonly number[]): number => {
      const { low, high } = bootstrap(values)
      return high - low
    }
    expect(bootstrap([2, 2, 2])).toEqual({ median: 2, low: 2, high: 2 })
    const { median: middle, low, high } = bootstrap(alternating(15))
    expect(middle).toBeCloseTo(1.2)
    expect(low).toBeLessThanOrEqual(middle)
    expect(high).toBeGreaterThanOrEqual(middle)
    expect(width(alternating(300))).toBeLessThan(width(alternating(15)))
  })

  it('shuffles without losing anything, and leaves the list alone', () => {
    const list = [1, 2, 3, 4, 5]
    expect(shuffled(list, () => 0.99)).toEqual([5, 4, 3, 2, 1])
    expect(shuffled(list).toSorted()).toEqual(list)
    expect(list).toEqual([1, 2, 3, 4, 5])
  })
})

describe('rounds', () => {
  /** A machine on which every piece of work takes a known time, and which slows down all the while. */
  function machine(times: Readonly<Record<string, number>>) {
    let slowness = 1
    return {
      name: 'a machine that slows down',
      groups: [],
      time: (_group: string, candidate: string) =>
        Promise.resolve((times[candidate] ?? NaN) * (slowness *= 1.001)),
      close: () => Promise.resolve(),
    }
  }

  it('give ratios that hold though the machine drifts, with the work of others taken off', async () => {
    const candidates = [{ name: 'raw' }, { name: 'input' }, { name: 'ours', minus: 'input' }]
    const group = { title: 'work', base: 'raw', candidates }
    const runtime = machine({ raw: 1000, input: 100, ours: 1300 })
    const { measured } = await measureGroup(runtime, group, 15, 1)
    const ratios = Object.fromEntries(measured.map(({ name, ratio }) => [name, ratio.median]))
    expect(ratios.raw).toBeCloseTo(1, 2)
    expect(ratios.ours).toBeCloseTo(1.2, 2)
  })

  it('hold every candidate against the rivals of the same round', async () => {
    const candidates = [{ name: 'raw' }, { name: 'ours' }, { name: 'jose' }, { name: 'fast-jwt' }]
    const runtime = machine({ raw: 1000, ours: 1200, jose: 1500, 'fast-jwt': 800 })
    const { measured } = await measureGroup(runtime, { title: 'work', base: 'raw', candidates }, 15, 1)
    const over = measured.find(({ name }) => name === 'ours')?.over
    expect(Object.keys(over ?? {})).toEqual(['jose', 'fast-jwt'])
    expect(over?.jose?.median).toBeCloseTo(0.8, 2)
    expect(over?.['fast-jwt']?.median).toBeCloseTo(1.5, 2)
  })

  it('take the same off the base when it has something to take off', async () => {
    const candidates = [{ name: 'open' }, { name: 'raw', minus: 'open' }, { name: 'ours', minus: 'open' }]
    const runtime = machine({ open: 500, raw: 1500, ours: 1600 })
    const { measured } = await measureGroup(runtime, { title: 'work', base: 'raw', candidates }, 15, 1)
    expect(measured.find(({ name }) => name === 'ours')?.ratio.median).toBeCloseTo(1.1, 2)
  })
})

describe('the load of many isolates', () => {
  it('is their number by the time between two fetches', () => {
    const [load] = simulateJwksLoad([3000])
    // A set is fetched every 270 to 285 s, and a second later when nobody asked in between.
    expect(load?.mean).toBeGreaterThan(3000 / 300)
    expect(load?.mean).toBeLessThan(3000 / 270)
  })

  it('is spread by the jitter', () => {
    const [load] = simulateJwksLoad([20_000])
    expect(load?.latePeak).toBeLessThan((load?.plainLatePeak ?? 0) / 2)
  })
})
