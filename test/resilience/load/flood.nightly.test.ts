import { createTestIssuer } from '@sealgate/kit/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Isolate, startIsolate } from '../../support/resilience/isolate.ts'
import { median } from '../../../bench/measure/stats.ts'
import { note } from '../../../bench/nightly/metrics.ts'
import { workerdMemory } from '../../support/load/memory.ts'
import { call, type Tally } from '../../support/load/orders.ts'
import type { Load } from '../../support/load/tokens.ts'

const CONNECTIONS = 8
const SECONDS = 6
/** What steady callers request: about a tenth of what one isolate can do on two cores. */
const STEADY_PER_SECOND = 500
const COOLDOWN_SECONDS = 30

// Three minutes at full load, on all cores: not for every run.
describe('a consumer under a flood', () => {
  let isolate: Isolate
  let good: readonly string[]
  let fetches = 0

  beforeAll(async () => {
    const issuer = await createTestIssuer({ audience: 'reports' })
    good = await Promise.all(Array.from({ length: 500 }, () => issuer.token({}, { ttlSeconds: 3000 })))
    isolate = await startIsolate({
      worker: 'verify',
      runtime: 'workerd',
      bindings: { JWT_ISS: issuer.env.JWT_ISS, JWT_AUD: 'reports', JWT_JWKS_SERVICE_NAME: 'KEYS' },
      keys: async () => {
        fetches++
        return { body: await (await issuer.binding.fetch('https://jwks.internal/')).text() }
      },
    })
  })
  afterAll(() => isolate.close())

  const send = (load: Load, seconds: number, perSecond?: number): Promise<Tally> =>
    call({
      ...{ url: isolate.url, load, good, connections: CONNECTIONS, seconds },
      ...(perSecond !== undefined && { perSecond }),
    })

  const floods: readonly (readonly [load: Load, answers: readonly string[]])[] = [
    ['garbage', ['401 malformed']],
    ['unknown kids', ['401 unknown_kid']],
    ['too large', ['401 too_large']],
    ['forged, 8 KiB', ['401 bad_signature']],
  ]

  it.each(floods)('of %s: steady callers get at least half of what they request', async (load, answers) => {
    await send('valid', 2)
    const fetchesBefore = fetches
    const [steady, flood] = await Promise.all([
      send('valid', SECONDS, STEADY_PER_SECOND),
      send(load, SECONDS),
    ])
    const alone = await send('valid', SECONDS, STEADY_PER_SECOND)
    const share = steady.perSecond / alone.perSecond
    note(
      `steady callers beside a flood of ${load}`,
      `${percent(share)} of ${rate(alone)}, beside ${rate(flood)}; p99 ${alone.p99Ms.toFixed(1)} → ${steady.p99Ms.toFixed(1)} ms`,
    )
    for (const tally of [steady, alone]) expect(Object.keys(tally.statuses)).toEqual(['200 granted'])
    expect(Object.keys(flood.statuses)).toEqual(answers)
    expect(fetches - fetchesBefore).toBeLessThanOrEqual(1)
    expect(share).toBeGreaterThanOrEqual(0.5)
  })

  it.each(floods)('of %s: costs no more than twice what as many good callers do', async (load) => {
    await send('valid', 2)
    const beside = async (other: Load): Promise<number> => {
      const [{ perSecond }] = await Promise.all([send('valid', SECONDS / 2), send(other, SECONDS / 2)])
      return perSecond
    }
    // The machine's speed drifts, and other programs get in the way: each flood stands between two measurements of the
    // other, and of three the middle one counts.
    const shares: number[] = []
    let before = await beside('valid')
    for (let round = 0; round < 3; round++) {
      const flooded = await beside(load)
      const after = await beside('valid')
      shares.push(flooded / ((before + after) / 2))
      before = after
    }
    const share = median(shares)
    note(
      `busy callers beside a flood of ${load}`,
      `${percent(share)} of what they get beside as many good callers (${shares.map(percent).join(', ')})`,
    )
    expect(share).toBeGreaterThanOrEqual(0.5)
  })

  it('keeps its memory: as much after two minutes of floods as after the first', async () => {
    const start = performance.now()
    const fetchesBefore = fetches
    const loads: readonly Load[] = ['valid', 'garbage', 'unknown kids', 'too large', 'forged, 8 KiB']
    const samples: number[] = []
    for (let minute = 0; minute < 3; minute++) {
      for (const load of loads) {
        await send(load, 10)
        samples.push(workerdMemory())
      }
    }
    const [first = 0, , third = 0] = [0, 1, 2].map((minute) =>
      Math.max(...samples.slice(minute * loads.length, (minute + 1) * loads.length)),
    )
    const seconds = (performance.now() - start) / 1000
    note(
      'memory of workerd, first and third minute of floods',
      `${first.toFixed(0)} → ${third.toFixed(0)} MiB`,
    )
    note(`JWKS fetches in ${seconds.toFixed(0)} s of floods`, String(fetches - fetchesBefore))
    expect(third).toBeLessThan(first * 1.2 + 16)
    expect(fetches - fetchesBefore).toBeLessThanOrEqual(1 + Math.ceil(seconds / COOLDOWN_SECONDS))
  })
})

function rate({ perSecond }: Tally): string {
  return `${perSecond.toFixed(0)}/s`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
