import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAILURES, type RepairBench, startRepairBench } from '../../support/deploy/repair.ts'

/** The one that leaves most. Each of all by itself, from an empty account on: `repair.nightly.test.ts`. */
const SHORT = ['the gateway’s deployment']

describe('a deploy that fails at one step', () => {
  let bench: RepairBench
  beforeAll(async () => {
    bench = await startRepairBench()
  })
  afterAll(() => bench.close())

  it.each(FAILURES.filter(([title]) => SHORT.includes(title)))(
    'goes on from where it failed, and says what %s left',
    async (_, step, options, words) => {
      const heal = bench.api.failAt(step, options)
      const { code, said } = await bench.deploy()
      heal()
      expect(said).toMatch(words)
      expect(code).toBe(1)
    },
  )

  it('is whole in the end', async () => {
    expect((await bench.deploy()).code).toBe(0)
    bench.expectWhole()
  })
})
