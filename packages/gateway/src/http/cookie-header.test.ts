import { describe, expect, it } from 'vitest'
import { checkCookieHeader } from './cookie-header.ts'

describe('a Cookie header', () => {
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
