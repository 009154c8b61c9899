import { describe, expect, it } from 'vitest'
import { checkCookieHeader, cookiePairs } from './cookie-header.ts'

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
      ' \ta = 1 ;b==2;c',
      [
        ['a ', ' 1'],
        ['b', '=2'],
        ['', 'c'],
      ],
    ],
    ['\u00a0a=1', [['\u00a0a', '1']]],
  ])('of %j is read pair by pair', (header, pairs) => {
    expect(cookiePairs(header)).toEqual(pairs)
  })

  it.each([
    ['a run of spaces', (size: number) => `a=1;${' '.repeat(size)}x`],
    ['a run of tabs inside a value', (size: number) => `a=1${'\t'.repeat(size)}x`],
    ['a run of semicolons', (size: number) => ';'.repeat(size)],
    ['a run of equals signs', (size: number) => '='.repeat(size)],
    ['many pairs', (size: number) => 'a=1; '.repeat(size / 5)],
  ])('of %s takes time in proportion to its size', (_, make) => {
    /** The best of several runs over as many characters in all, in milliseconds: noise only adds. */
    const time = (size: number): number => {
      const header = make(size)
      const runs = Array.from({ length: 9 }, () => {
        const start = performance.now()
        for (let read = 0; read < 1 << 20; read += size) cookiePairs(header)
        return performance.now() - start
      })
      return Math.min(...runs)
    }
    time(1 << 16)
    // In headers of sixteen times the size: 1 when it is linear, 16 when it is quadratic.
    expect(time(1 << 16) / Math.max(time(1 << 12), 0.05)).toBeLessThan(6)
  })

  it('is rejected above 8 KB', () => {
    const request = (length: number): Request =>
      new Request('https://a.test', { headers: { Cookie: 'a'.repeat(length) } })
    expect(() => checkCookieHeader(request(8192))).not.toThrow()
    expect(() => checkCookieHeader(request(8193))).toThrow(
      expect.objectContaining({ code: 'cookies_too_large' }),
    )
    expect(() => checkCookieHeader(new Request('https://a.test'))).not.toThrow()
  })
})
