import { describe, expect, it } from 'vitest'
import { plainUri } from './uri.ts'

describe('the URI of a proof, in one form (RFC 9449 §4.3, RFC 3986 §6.2)', () => {
  it.each([
    ['HTTPS://Example.COM/a', 'https://example.com/a'],
    ['https://example.com:443/a', 'https://example.com/a'],
    ['https://example.com', 'https://example.com/'],
    ['https://example.com/a?b=c#d', 'https://example.com/a'],
    ['https://example.com/a/./b/../c', 'https://example.com/a/c'],
    ['https://example.com/%7euser', 'https://example.com/~user'],
    ['https://example.com/a%2fb%c3%a4', 'https://example.com/a%2Fb%C3%A4'],
    ['http://127.0.0.1:8787/a', 'http://127.0.0.1:8787/a'],
  ])('%s is %s', (text, form) => {
    expect(plainUri(text)).toBe(form)
  })

  it.each(['', '/a', 'example.com/a', 'ftp://example.com/a', 'https://a:b@example.com/', 'urn:a:b'])(
    '%j is none',
    (text) => {
      expect(plainUri(text)).toBeUndefined()
    },
  )

  it('keeps an encoded slash apart from a slash', () => {
    expect(plainUri('https://example.com/a%2Fb')).not.toBe(plainUri('https://example.com/a/b'))
  })
})
