import { describe, expect, it } from 'vitest'
import { plainPath } from './plain-path.ts'

const HOST = 'https://gateway.test'

describe('plainPath', () => {
  it.each([
    '/',
    '/api/reports',
    '/api/reports/',
    '/api/Reports',
    '/api/a-b_c.d~e',
    '/api/.hidden',
    '/api/...',
    '/api/caf%C3%A9',
    '/api/auth0%7Calice',
    '/api/a%20b',
    "/api/!$&'()*+,=:@",
  ])('gives %s as it came', (path) => {
    expect(plainPath(HOST + path)).toBe(path)
    expect(plainPath(`${HOST}${path}?x=/../%2f;#y`)).toBe(path)
  })

  it.each([
    ['an encoded slash', '/api%2fadmin'],
    ['an encoded slash in upper case', '/api%2Fadmin'],
    ['an encoded backslash', '/api%5cadmin'],
    ['an encoded dot', '/api/%2e%2e/admin'],
    ['an encoded NUL', '/api/a%00'],
    ['an encoded line break', '/api/a%0d%0ab'],
    ['an encoded tab', '/api/%09'],
    ['an encoded DEL', '/api/%7f'],
    ['an overlong slash', '/api/%c0%afadmin'],
    ['a byte that is not UTF-8', '/api/%ff'],
    ['half a character', '/api/caf%C3'],
    ['an encoded percent sign', '/api/%252e'],
    ['an encoded semicolon', '/api/a%3bb'],
    ['an encoded question mark', '/api/admin%3Fx'],
    ['an encoded number sign', '/api/admin%23x'],
    ['an encoded space at the end', '/api/admin%20'],
    ['an encoded space at the end of a segment', '/api/admin%20/x'],
    ['an encoded space at the start of a segment', '/api/%20admin'],
    ['an encoded letter', '/api/%61dmin'],
    ['an encoded digit', '/api/%31'],
    ['a backslash', '/api\\admin'],
    ['an empty segment', '/api//admin'],
    ['two slashes at the start', '//admin'],
    ['a path parameter', '/api;x/admin'],
    ['a dot segment', '/api/./admin'],
    ['a parent segment', '/api/../admin'],
    ['a parent segment at the end', '/api/..'],
    ['half an encoding', '/api/%2'],
    ['a bare percent sign', '/api/100%'],
    ['a space', '/api/a b'],
    ['a character that is not ASCII', '/api/café'],
  ])('rejects %s', (_, path) => {
    expect(plainPath(HOST + path)).toBeNull()
  })

  it.each(['', 'nonsense', 'https://gateway.test', 'ftp://gateway.test/', '/api'])(
    'rejects the URL %o',
    (url) => {
      expect(plainPath(url)).toBeNull()
    },
  )
})
