import { afterEach, describe, expect, it } from 'vitest'
import { FAILURES, GATEWAY, type RepairBench, startRepairBench } from '../../support/deploy/repair.ts'

let bench: RepairBench
afterEach(() => bench.close())

describe('a first deploy that failed', () => {
  it.each(FAILURES)('at %s is repaired by the next run', async (_, step, options, words) => {
    bench = await startRepairBench()
    const heal = bench.api.failAt(step, options)
    const failed = await bench.deploy()
    expect(failed.code).toBe(1)
    expect(failed.said).toMatch(words)
    heal()
    expect((await bench.deploy()).code).toBe(0)
    bench.expectWhole()
  })

  it.each([
    ['the first service’s', 'archive-staging', false],
    ['the second service’s', 'reports-staging', false],
    ['the gateway’s', GATEWAY, false],
    ['the gateway’s, whose response was lost', GATEWAY, true],
  ] as const)('at the shared secret, %s, is repaired by the next run', async (_, worker, isAfterEffect) => {
    bench = await startRepairBench({ isHs512: true })
    const heal = bench.api.failAt('secret-bulk', { worker, isAfterEffect })
    expect((await bench.deploy()).code).toBe(1)
    heal()
    expect((await bench.deploy()).code).toBe(0)
    bench.expectWhole()
  })
})
