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
    '/api/%E5%90%8D%E5%89%8D',
    '/api/cafe%CC%81',
    '/api/%EF%BC%A1%EF%BC%A2%EF%BC%A3',
    '/api/m%C2%B2',
    '/api/%C2%BD',
    '/api/%F0%9F%91%A9%E2%80%8D%F0%9F%91%A9',
    '/api/%D9%85%DB%8C%E2%80%8C%D8%AE',
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
    ['a character that is no pchar (RFC 3986 §3.3)', '/api/a|b'],
    ['a bracket', '/api/a[0]'],
    ['a caret', '/api/a^b'],
  ])('rejects %s', (_, path) => {
    expect(plainPath(HOST + path)).toBeNull()
  })

  /** What a service reads as a delimiter once it folds, converts or drops what nobody sees. */
  const FOLDED: readonly (readonly [name: string, text: string])[] = [
    ['FULLWIDTH FULL STOP', '\uff0e'],
    ['SMALL FULL STOP', '\ufe52'],
    ['ONE DOT LEADER', '\u2024'],
    ['TWO DOT LEADER', '\u2025'],
    ['HORIZONTAL ELLIPSIS', '\u2026'],
    ['DIGIT ONE FULL STOP', '\u2488'],
    ['FULLWIDTH SOLIDUS', '\uff0f'],
    ['FRACTION SLASH', '\u2044'],
    ['DIVISION SLASH', '\u2215'],
    ['BIG SOLIDUS', '\u29f8'],
    ['CARE OF', '\u2105'],
    ['FULLWIDTH REVERSE SOLIDUS', '\uff3c'],
    ['SMALL REVERSE SOLIDUS', '\ufe68'],
    ['SET MINUS', '\u2216'],
    ['FULLWIDTH PERCENT SIGN', '\uff05'],
    ['SMALL PERCENT SIGN', '\ufe6a'],
    ['FULLWIDTH SEMICOLON', '\uff1b'],
    ['GREEK QUESTION MARK', '\u037e'],
    ['FULLWIDTH QUESTION MARK', '\uff1f'],
    ['FULLWIDTH NUMBER SIGN', '\uff03'],
    ['a C1 control character', '\u0085'],
    ['LINE SEPARATOR', '\u2028'],
    ['PARAGRAPH SEPARATOR', '\u2029'],
  ]

  it.each(FOLDED)('rejects an encoded %s wherever it stands', (_, text) => {
    for (const path of [`/api/a${text}b`, `/api/${text}`, `/api/${text}${text}/admin`, `/api${text}admin`]) {
      expect(plainPath(HOST + encodeURI(path)), path).toBeNull()
      expect(plainPath(HOST + encodeURI(path).toLowerCase()), path).toBeNull()
      expect(plainPath(HOST + path), 'as it is').toBeNull()
    }
  })

  it.each([
    ['a parent segment with a ZERO WIDTH SPACE in it', '/api/.\u200b./admin'],
    ['a parent segment with a SOFT HYPHEN after it', '/api/..\u00ad/admin'],
    ['a dot segment behind a byte order mark', '/api/\ufeff./admin'],
    ['a segment of nothing that is seen', '/api/\u2060/admin'],
    ['a NO-BREAK SPACE at the end of a segment', '/api/admin\u00a0/x'],
    ['an IDEOGRAPHIC SPACE at the start of a segment', '/api/\u3000admin'],
    ['a space and what nobody sees at the end', '/api/admin \u200d'],
  ])('rejects %s', (_, path) => {
    expect(plainPath(HOST + encodeURI(path))).toBeNull()
  })

  it.each([
    ['an overlong dot', '%C0%AE'],
    ['an overlong dot of three bytes', '%E0%80%AE'],
    ['an overlong slash of four bytes', '%F0%80%80%AF'],
    ['a surrogate', '%ED%A0%80'],
    ['a code point beyond Unicode', '%F4%90%80%80'],
    ['an encoded fullwidth dot, encoded again', '%25EF%25BC%258E'],
    ['a dot in the manner of IIS', '%u002e'],
    ['a fullwidth dot in the manner of IIS', '%uff0e'],
  ])('rejects %s', (_, text) => {
    for (const path of [`/api/${text}${text}/admin`, `/api/a${text}`]) {
      expect(plainPath(HOST + path), path).toBeNull()
      expect(plainPath(HOST + path.toLowerCase()), path).toBeNull()
    }
  })

  it('passes nothing that NFKC gives a delimiter, whatever the code point', () => {
    for (let code = 0x80; code <= 0x10_ff_ff; code++) {
      if (code === 0xd800) code = 0xe000
      const text = String.fromCodePoint(code)
      if (!/[./\\;%?#]/.test(text.normalize('NFKC'))) continue
      expect(plainPath(`${HOST}/api/a${encodeURIComponent(text)}b`), code.toString(16)).toBeNull()
    }
  })

  it.each(['', 'nonsense', 'https://gateway.test', 'ftp://gateway.test/', '/api'])(
    'rejects the URL %o',
    (url) => {
      expect(plainPath(url)).toBeNull()
    },
  )
})
