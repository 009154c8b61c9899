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
