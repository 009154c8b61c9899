import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

describe('BoundedMap', () => {
  it('evicts what was set longest ago, and returns it', () => {
    const map = new BoundedMap<string, number>(2)
    expect(map.set('a', 1)).toBeUndefined()
    expect(map.set('b', 2)).toBeUndefined()
    expect(map.set('c', 3)).toBe(1)
    expect([...map.entries()]).toEqual([
      ['b', 2],
      ['c', 3],
    ])
    expect(map.size).toBe(2)
  })

  it('makes a key that is set again the newest, without evicting another', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.set('a', 3)).toBeUndefined()
    map.set('c', 4)
    expect([...map.entries()]).toEqual([
      ['a', 3],
      ['c', 4],
    ])
  })

  it('keeps the order when a key is only read', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.get('a')).toBe(1)
    expect(map.has('a')).toBe(true)
    map.set('c', 3)
    expect(map.get('a')).toBeUndefined()
    expect(map.has('a')).toBe(false)
  })

  it('of capacity 0 keeps nothing', () => {
    const map = new BoundedMap<string, number>(0)
    expect(map.set('a', 1)).toBe(1)
    expect(map.size).toBe(0)
  })

  it('forgets what is deleted', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1)
    expect(map.delete('a')).toBe(true)
    expect(map.delete('a')).toBe(false)
    expect(map.get('a')).toBeUndefined()
  })
})
