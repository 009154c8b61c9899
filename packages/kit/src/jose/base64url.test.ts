import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8, encodeUtf8 } from '../primitives/utf8.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeByTable } from '../../runtime/base64url.js'
import { decodeBase64Url, encodeBase64Url } from './base64url.ts'

describe('base64url', () => {
  it('returns any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  it('has one spelling for each byte string', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('AQgwZz09-_+/= \n.é')), maxLength: 12 }),
        (text) => {
          const bytes = decodeBase64Url(text)
          if (bytes) expect(encodeBase64Url(bytes)).toBe(text)
        },
      ),
    )
  })

  it('is decoded alike with and without a native decoder', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('AQgwZz09-_+/= \n\t.é\u0141')), maxLength: 12 }),
        (text) => {
          const out = new Uint8Array(16)
          const length = decodeByTable(text, out)
          expect(decodeBase64Url(text)).toEqual(length < 0 ? null : out.slice(0, length))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['padding', 'QQ=='],
    ['the standard alphabet', '+/+/'],
    ['white space', 'QU FB'],
    ['as much white space as a group of four', 'QUFB    '],
    ['white space in the place of padding', 'QQ  '],
    ['a new line at the end', 'QUFB\n'],
    ['an impossible length', 'QUFBQ'],
    ['spare bits after one byte', 'QR'],
    ['the upper spare bits after one byte', 'QE'],
    ['spare bits after two bytes', 'QUF'],
    ['a character outside ASCII', 'QUFé'],
    ['a character whose low byte is in the alphabet', 'QUF\u0141'],
  ])('rejects %s', (_, text) => {
    expect(decodeBase64Url(text)).toBeNull()
  })

  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('encodes %j as RFC 4648 §10 says', (text, encoded) => {
    expect(encodeBase64Url(encodeUtf8(text))).toBe(encoded)
  })
})

describe('UTF-8 and JSON', () => {
  it('rejects bytes that are not UTF-8', () => {
    expect(decodeUtf8(Uint8Array.of(0xc3, 0x28))).toBeNull()
  })

  it.each(['[]', 'null', '"text"', '1', '{', '\ufeff{}', '{"a":1} x'])('rejects %j as an object', (text) => {
    expect(parseJsonObject(text)).toBeNull()
  })
})
