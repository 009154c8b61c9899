import { describe, expect, it } from 'vitest'
import { safeReturnTo } from './return-to.ts'

const ORIGIN = 'https://app.test'

describe('where a login ends', () => {
  it.each([
    '/',
    '/app/',
    '/app/reports?year=2026&x=%2F',
    '/app#top',
    '/a%20b',
    '/app?next=https://evil.test/',
    '/auth/profile',
  ])('may be %j', (returnTo) => {
    expect(safeReturnTo(returnTo, ORIGIN, '/auth/callback')).toBe(returnTo)
  })

  it.each([
    ['another site', 'https://evil.test/'],
    ['our own site, spelled out', 'https://app.test/'],
    ['another scheme', 'javascript:alert(1)'],
    ['a data URL', 'data:text/html,x'],
    ['no path', 'app'],
    ['nothing', ''],
    ['a query alone', '?a'],
    ['a host', '//evil.test'],
    ['a host after three slashes', '///evil.test'],
    ['a host after a backslash', '/\\evil.test'],
    ['a host after two backslashes', '\\\\evil.test'],
    ['a host after an encoded slash', '/%2fevil.test'],
    ['a host after an encoded slash in capitals', '/%2Fevil.test'],
    ['a host after an encoded backslash', '/%5Cevil.test'],
    ['a host after a dot segment', '/.//evil.test'],
    ['a host after two dots', '/a/..//evil.test'],
    ['a host after encoded dots', '/%2e%2e//evil.test'],
    ['a tab that parsers drop', '/\t/evil.test'],
    ['a line break that parsers drop', '/\n/evil.test'],
    ['a header of its own', '/a\r\nLocation: https://evil.test'],
    ['an encoded line break', '/a%0d%0aLocation:%20x'],
    ['an encoded tab', '/%09/evil.test'],
    ['an encoded NUL', '/a%00'],
    ['a double encoding', '/%252fevil.test'],
    ['a space first', ' /app'],
    ['another host by userinfo', '@evil.test'],
    ['a slash that looks like one', '/\u2215evil.test'],
    ['a full-width slash', '/\uff0fevil.test'],
    ['a login, which would go round', '/auth/login'],
    ['a login, with a query', '/auth/login?returnTo=/'],
    ['a callback', '/auth/callback'],
    ['a logout', '/auth/logout'],
    ['more than two thousand characters', `/${'a'.repeat(2048)}`],
  ])('is never %s', (_, returnTo) => {
    expect(safeReturnTo(returnTo, ORIGIN, '/auth/callback')).toBeUndefined()
  })
})
