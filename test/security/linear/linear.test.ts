/**
 * Every parser takes time in proportion to its input: twice the text, about twice the time. On Node alone: workerd's clock
 * and its regular expressions hide what is slow (docs/reference/runtime.md).
 */
import { afterAll, describe, expect, it } from 'vitest'
import { GATEWAY_ROWS } from './gateway.ts'
import { KIT_ROWS } from './kit.ts'
import { type Measured, sweep } from './row.ts'

/** What takes too long does so each time; a machine that is busy elsewhere does not. */
const REPEATABLE = { retry: 2 }

const worst: Measured[] = []
afterAll(() => {
  const [first] = worst.sort((one, other) => other.ratio - one.ratio)
  if (first)
    console.log(`the worst ratio is ${first.ratio.toFixed(2)}: ${first.what} (${first.size} characters)`)
})

describe('in linear time is read', REPEATABLE, () => {
  it.each([...KIT_ROWS, ...GATEWAY_ROWS].map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const { superlinear, worst: ofRow } = await sweep(row)
    worst.push(ofRow)
    expect(superlinear).toEqual([])
  })
})
