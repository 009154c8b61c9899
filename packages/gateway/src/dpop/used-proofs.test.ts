import { describe, expect, it } from 'vitest'
import { UsedProofs } from './used-proofs.ts'

describe('the proofs of an isolate', () => {
  it('count once for each key, until they are rejected for their age', () => {
    const used = new UsedProofs()
    expect(used.add('a', 'one', 100, 40)).toBe('first')
    expect(used.add('a', 'one', 100, 40)).toBe('used')
    expect(used.add('a', 'one', 100, 100)).toBe('used')
    expect(used.add('b', 'one', 100, 40)).toBe('first')
    expect(used.add('a', 'one', 200, 101)).toBe('first')
  })

  it('are not forgotten for others: a key that has sent its number is full, and no other key is', () => {
    const used = new UsedProofs(2, 10)
    for (const jti of ['one', 'two']) expect(used.add('a', jti, 100, 40)).toBe('first')
    expect(used.add('a', 'three', 100, 40)).toBe('full')
    expect(used.add('a', 'one', 100, 40)).toBe('used')
    expect(used.add('b', 'one', 100, 40)).toBe('first')
    expect(used.add('a', 'three', 200, 101)).toBe('first')
  })

  it('are bounded in all', () => {
    const used = new UsedProofs(2, 3)
    for (const jkt of ['a', 'b', 'c']) expect(used.add(jkt, 'one', 100, 40)).toBe('first')
    expect(used.add('d', 'one', 100, 40)).toBe('full')
    expect(used.add('d', 'one', 200, 101)).toBe('first')
  })

  it('count once though one behind a later end is over', () => {
    const used = new UsedProofs()
    used.add('a', 'late', 160, 40)
    used.add('a', 'early', 100, 40)
    expect(used.add('a', 'early', 100, 99)).toBe('used')
  })
})
