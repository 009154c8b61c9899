import { describe, expect, it } from 'vitest'
import { keysByKid, type SetKey } from './key-set.ts'

const key = (kid: string | undefined, material: string, ...algs: string[]): SetKey => ({
  kid,
  material,
  algs,
})
const names = (keys: readonly SetKey[] | undefined): unknown => keys?.map(({ material }) => material)

describe('the keys of a set', () => {
  it('are found by their kid, in the order of the set; one without a kid by nothing', () => {
    const { usable, ambiguous } = keysByKid([
      key('b', 'x', 'EdDSA'),
      key('a', 'y', 'EdDSA'),
      key(undefined, 'z'),
    ])
    expect([...usable.keys()]).toEqual(['b', 'a'])
    expect(ambiguous).toEqual([])
  })

  it('that are equal count once', () => {
    const { usable, ambiguous } = keysByKid([key('a', 'x', 'RS256'), key('a', 'x', 'RS256')])
    expect([usable.get('a')?.length, ambiguous]).toEqual([1, []])
  })

  it('that are one key for several algorithms are no doubt about it', () => {
    const { usable } = keysByKid([
      key('a', 'x', 'RS256'),
      key('a', 'x', 'PS256'),
      key('a', 'x', 'RS256', 'PS256'),
    ])
    expect(usable.get('a')?.length).toBe(3)
  })

  it('that differ under one kid are used for none of the algorithms they share, and are named', () => {
    const [one, other] = [key('a', 'x', 'RS256', 'PS256'), key('a', 'y', 'PS256')]
    const { usable, ambiguous } = keysByKid([one, key('b', 'y', 'PS256'), other])
    expect([...usable.keys()]).toEqual(['b'])
    expect(ambiguous).toEqual([one, other])
  })

  it('that differ under one kid, each for an algorithm of its own, are told apart by it', () => {
    expect(names(keysByKid([key('a', 'x', 'RS256'), key('a', 'y', 'PS256')]).usable.get('a'))).toEqual([
      'x',
      'y',
    ])
  })

  it('are left alone by those for an algorithm that does not count', () => {
    const keys = [key('a', 'x', 'RS256', 'PS256'), key('a', 'y', 'PS256'), key('a', 'z', 'PS256')]
    expect(names(keysByKid(keys, new Set(['RS256'])).usable.get('a'))).toEqual(['x', 'y', 'z'])
    expect(keysByKid(keys, new Set(['PS256'])).usable.size).toBe(0)
  })

  it('cost work in proportion to their number, whatever they are', () => {
    const sets = {
      equal: (index: number) => key('a', `${index % 2}`, 'RS256'),
      different: (index: number) => key('a', String(index), 'RS256'),
      many: (index: number) => key(String(index), 'x', 'RS256'),
    }
    for (const make of Object.values(sets)) {
      let reads = 0
      const counted = Array.from({ length: 2000 }, (_, index) => {
        const made = make(index)
        return Object.defineProperty({ ...made }, 'material', {
          enumerable: true,
          get: () => {
            reads++
            return made.material
          },
        })
      })
      keysByKid(counted)
      expect(reads).toBeLessThanOrEqual(2 * counted.length)
    }
  })
})
