import { describe, expect, it } from 'vitest'
import { UsedAssertions } from './used-assertions.ts'

const NOW = 1_800_000_000

describe('the assertions that were used', () => {
  it('are known until they end', () => {
    const used = new UsedAssertions()
    expect(used.add('a', '1', NOW + 60, NOW)).toBe('first')
    expect(used.add('a', '1', NOW + 60, NOW + 59)).toBe('used')
    expect(used.add('a', '1', NOW + 120, NOW + 60)).toBe('first')
  })

  it('are those of their client alone', () => {
    const used = new UsedAssertions()
    expect(used.add('a', '1', NOW + 60, NOW)).toBe('first')
    expect(used.add('b', '1', NOW + 60, NOW)).toBe('first')
  })

  it('are never forgotten while they count: there is no room for more', () => {
    const used = new UsedAssertions(2)
    for (const jti of ['1', '2']) expect(used.add('a', jti, NOW + 60, NOW)).toBe('first')
    expect(used.add('a', '3', NOW + 60, NOW)).toBe('full')
    expect(used.add('a', '1', NOW + 60, NOW)).toBe('used')
    expect(used.add('b', '1', NOW + 60, NOW), 'another client has room').toBe('first')
    expect(used.add('a', '3', NOW + 120, NOW + 60)).toBe('first')
  })
})
