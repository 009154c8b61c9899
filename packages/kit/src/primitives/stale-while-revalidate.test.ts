import { describe, expect, it } from 'vitest'
import { KeysUnavailableError } from '../errors.ts'
import {
  type Fetched,
  StaleWhileRevalidate,
  type StaleWhileRevalidateOptions,
} from './stale-while-revalidate.ts'

const NOW = 10_000

/** A value that is fresh for 100 seconds and stale for 50 more, with a clock and loads that tests control. */
function valueOf(options: Partial<StaleWhileRevalidateOptions<string>> = {}) {
  const world = {
    time: NOW,
    load: (): Promise<string> => Promise.resolve('loaded'),
    failures: [] as unknown[],
  }
  const value = new StaleWhileRevalidate<string>({
    load: () => world.load(),
    ttlSeconds: 100,
    earlySeconds: 10,
    maxStaleSeconds: 50,
    now: () => world.time,
    onFailure: (problem, retryInSeconds) => world.failures.push({ problem, retryInSeconds }),
    keepAlive: undefined,
    ...options,
  })
  return { world, value, get: async () => value.get() }
}
const down = () => Promise.reject(new Error('no response'))

describe('a load that fails', () => {
  it('is an outage that says why, when to come back, and keeps the cause', async () => {
    const cause = new Error('no response')
    const { world, get } = valueOf({ load: () => Promise.reject(cause) })
    const error: unknown = await get().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(KeysUnavailableError)
    expect(error).toMatchObject({
      message: 'the keys could not be loaded: no response',
      retryAfterSeconds: 1,
      cause,
    })
    world.time += 1
    await expect(get()).rejects.toMatchObject({ retryAfterSeconds: 2 })
    expect(world.failures).toEqual([
      { problem: 'no response', retryInSeconds: 1 },
      { problem: 'no response', retryInSeconds: 2 },
    ])
  })

  it('may fail with something that is no Error, and with nobody who listens', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what others throw is not ours to choose
    const load = () => Promise.reject('text')
    const value = new StaleWhileRevalidate({
      load,
      ttlSeconds: 100,
      earlySeconds: 10,
      maxStaleSeconds: 50,
      now: () => NOW,
    })
    await expect(value.get()).rejects.toThrow('the keys could not be loaded: it failed without an error')
    expect(value.freshness()).toEqual({
      state: 'empty',
      ageSeconds: undefined,
      problem: 'it failed without an error',
    })
  })

  it('starts its pauses anew after a good one', async () => {
    const { world, get, value } = valueOf()
    world.load = down
    for (const pause of [1, 2]) {
      await expect(get()).rejects.toThrow('no response')
      world.time += pause
    }
    world.load = () => Promise.resolve('loaded')
    expect(await get()).toBe('loaded')
    expect(value.freshness()).toEqual({ state: 'fresh', ageSeconds: 0, problem: undefined })
    world.load = down
    world.time += 150
    await expect(get()).rejects.toMatchObject({ retryAfterSeconds: 1 })
    expect(world.failures.at(-1)).toEqual({ problem: 'no response', retryInSeconds: 1 })
  })
})

describe('an old value', () => {
  it('serves to the last moment of its stale time, and not beyond', async () => {
    const { world, get } = valueOf()
    await get()
    world.load = down
    world.time = NOW + 149.9
    expect(await get()).toBe('loaded')
    world.time = NOW + 151
    await expect(get()).rejects.toThrow('no response')
  })

  it('is no older than nothing when the clock runs back', async () => {
    const { world, get, value } = valueOf()
    await get()
    world.time -= 10
    expect(value.freshness()).toMatchObject({ state: 'fresh', ageSeconds: 0 })
  })

  it.each([
    [99.9, 'fresh'],
    [100, 'stale'],
    [149.9, 'stale'],
    [150, 'expired'],
  ])('of %d seconds is called %s', async (age, state) => {
    const { world, get, value } = valueOf()
    await get()
    world.time += age
    expect(value.freshness().state).toBe(state)
  })
})

describe('the second place to look', () => {
  const stored = (at: number): Fetched<string> => ({ value: `stored at ${at}`, at })

  it('is asked only after a load has failed, and its value is as old as it says', async () => {
    let asked = 0
    const { world, get, value } = valueOf({
      fallback: () => {
        asked++
        return Promise.resolve(stored(NOW - 20))
      },
    })
    expect(await get()).toBe('loaded')
    expect(asked).toBe(0)
    const cold = valueOf({ load: down, fallback: () => Promise.resolve(stored(NOW - 20)) })
    expect(await cold.get()).toBe('stored at 9980')
    expect(cold.value.freshness()).toEqual({ state: 'fresh', ageSeconds: 20, problem: 'no response' })
    expect(cold.value.isFailing).toBe(true)
    expect([value.isFailing, value.last, value.lastLoad?.at]).toEqual([false, 'loaded', NOW])
    expect(world.failures).toEqual([])
  })

  it.each<[what: string, found: () => Promise<Fetched<string> | undefined>]>([
    ['has nothing', () => Promise.resolve(undefined)],
    ['fails', () => Promise.reject(new Error('store is down'))],
    ['never answers', () => new Promise(() => undefined)],
    ['has a value that is too old', () => Promise.resolve(stored(NOW - 150))],
  ])('that %s leaves the outage as it is', async (_, fallback) => {
    const { get } = valueOf({ load: down, fallback, loadTimeoutMs: 20 })
    await expect(get()).rejects.toThrow('the keys could not be loaded: no response')
  })

  it.each([
    ['older', NOW - 1, 'loaded'],
    ['as old', NOW, 'loaded'],
    ['younger', NOW + 1, 'stored at 10001'],
  ])('gives way to the value that is here unless its own is younger: %s', async (_, at, expected) => {
    const { world, get } = valueOf({ fallback: () => Promise.resolve(stored(at)) })
    await get()
    world.load = down
    world.time += 120
    expect(await get()).toBe(expected)
  })

  it('does not displace what a later load has brought meanwhile', async () => {
    let found: (stored: Fetched<string>) => void = () => undefined
    const { world, get, value } = valueOf({ fallback: () => new Promise((resolve) => (found = resolve)) })
    world.load = down
    const first = get()
    await new Promise((resolve) => setTimeout(resolve))
    world.load = () => Promise.resolve('loaded')
    world.time += 1
    expect(await get()).toBe('loaded')
    found(stored(NOW + 2))
    expect(await first).toBe('loaded')
    expect(value.last).toBe('loaded')
  })

  it('is given up when it takes too long, and told so', async () => {
    let signal: AbortSignal | undefined
    const { world, get } = valueOf({
      loadTimeoutMs: 20,
      fallback: (given) => {
        signal = given
        return new Promise(() => undefined)
      },
    })
    await get()
    world.load = down
    world.time += 120
    expect(await get()).toBe('loaded')
    expect(signal?.aborted).toBe(true)
  })

  it('serves while loads fail, and each pause ends with a try', async () => {
    let loads = 0
    const { world, get } = valueOf({
      load: () => {
        loads++
        return down()
      },
      fallback: () => Promise.resolve(stored(NOW)),
    })
    expect(await get()).toBe('stored at 10000')
    expect(await get()).toBe('stored at 10000')
    expect(loads).toBe(1)
    world.time += 120
    expect(await get()).toBe('stored at 10000')
    expect(loads).toBe(2)
  })
})
