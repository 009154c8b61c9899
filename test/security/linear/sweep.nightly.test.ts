/** The sweep of linear.test.ts finds what it is there to find. What is slow takes its time here, each time. */
import { describe, expect, it } from 'vitest'
import { growthOf, MAX_RATIO } from './measure.ts'

/** What takes too long does so each time; a machine that is busy elsewhere does not. */
const REPEATABLE = { retry: 2 }

/** What is not linear shows at this size, in characters, and in a quarter of the time that the longest takes. */
const ENOUGH = 8192

describe('the sweep notices', REPEATABLE, () => {
  const spaces = (size: number): string => `a${' '.repeat(size)}x`
  it.each<[what: string, workOf: (size: number) => () => unknown]>([
    [
      'a regular expression that begins anew in a run',
      (size) => {
        const text = spaces(size)
        // eslint-disable-next-line regexp/no-super-linear-move -- what the sweep is there to find
        return () => /\s+$/.test(text)
      },
    ],
    [
      'one that splits a run in two',
      (size) => {
        const text = '1'.repeat(size)
        // eslint-disable-next-line regexp/no-super-linear-backtracking -- what the sweep is there to find
        return () => /^\d*\d*x/.test(text)
      },
    ],
    [
      'a list that is searched for each entry of a list',
      (size) => {
        const list = Array.from({ length: size }, (_, index) => String(1e6 + index))
        return () => list.filter((one) => !list.includes(one))
      },
    ],
    [
      'what is quadratic in large inputs alone',
      (size) => {
        const text = `a${'\u0301\u0316'.repeat(2 * size)}`
        return () => text.normalize('NFKC')
      },
    ],
    [
      'the Cookie header as it was once trimmed',
      (size) => {
        const text = spaces(size)
        // eslint-disable-next-line regexp/no-super-linear-move -- what the sweep is there to find
        return () => text.replace(/^[ \t]+|[ \t]+$/g, '')
      },
    ],
  ])('%s', async (_, workOf) => {
    const growth = await growthOf(workOf, ENOUGH)
    expect(growth.ratio).toBeGreaterThan(MAX_RATIO)
  })

  it('nothing in work that is linear', async () => {
    const growth = await growthOf((size) => {
      const text = spaces(20 * size)
      return () => text.split(' ')
    })
    expect(growth.ratio).toBeLessThan(MAX_RATIO)
  })
})
