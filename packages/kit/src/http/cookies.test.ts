import { describe, expect, it } from 'vitest'
import { cookiePairs } from './cookies.ts'

describe('a Cookie header', () => {
  it.each<[header: string | null, pairs: [string, string][]]>([
    [null, [['', '']]],
    ['a=1', [['a', '1']]],
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ' \ta = 1 ;b==2; \t ;cc; =d\t',
      [
        ['a ', ' 1'],
        ['b', '=2'],
        ['', ''],
        ['', 'cc'],
        ['', 'd'],
      ],
    ],
    ['\u00a0a=1', [['\u00a0a', '1']]],
  ])('of %j is read pair by pair', (header, pairs) => {
    expect(cookiePairs(header)).toEqual(pairs)
  })
})
