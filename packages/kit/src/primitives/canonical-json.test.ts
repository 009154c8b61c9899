import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClaimsError } from '../errors.ts'
import { canonicalJson } from './canonical-json.ts'
import { encodeUtf8 } from './utf8.ts'

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The number that these 64 bits are (IEEE 754). */
const fromBits = (bits: string): number => {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return view.getFloat64(0)
}

describe('canonicalJson', () => {
  it('writes the example of RFC 8785 §3.2.2 as its §3.2.4 does, byte for byte', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(hex(encodeUtf8(canonicalJson(JSON.parse(input))))).toBe(
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a' +
        '5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c' +
        '22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d',
    )
  })

  it('orders members as RFC 8785 §3.2.3 does: by UTF-16 code units', () => {
    const input = String.raw`{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }`
    const values = [...canonicalJson(JSON.parse(input)).matchAll(/:"([^"]*)"/g)].map(([, value]) => value)
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s of RFC 8785 appendix B as %s', (bits, text) => {
    expect(canonicalJson(fromBits(bits))).toBe(text)
  })

  it.each([
    ['7fffffffffffffff', 'NaN'],
    ['7ff0000000000000', 'Infinity'],
  ])('rejects the number %s of RFC 8785 appendix B: %s', (bits) => {
    expect(() => canonicalJson(fromBits(bits))).toThrow(ClaimsError)
  })

  it.each<[what: string, value: unknown, message: RegExp]>([
    ['half a surrogate pair', ['\ud83d'], /half a surrogate pair/],
    ['half a pair in the name of a member', { '\ude00': 1 }, /half a surrogate pair/],
    ['undefined', undefined, /not JSON/],
    ['undefined in an array', [undefined], /not JSON/],
    ['a hole in an array', new Array(3), /not JSON/],
    ['a big integer', 1n, /not JSON/],
    ['a function', () => 1, /not JSON/],
    ['a symbol', Symbol('a'), /not JSON/],
    ['a date, which JSON would turn into text', new Date(0), /not JSON/],
    ['what writes itself', { toJSON: () => 'other' }, /not JSON/],
    ['a map, which JSON would empty', new Map([['a', 1]]), /not JSON/],
    [
      'an object of a class',
      new (class Money {
        amount = 1
      })(),
      /not JSON/,
    ],
  ])('rejects %s', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(ClaimsError)
    expect(() => canonicalJson(value)).toThrow(message)
  })

  it('has names that objects have by themselves as members like any other', () => {
    const value: unknown = JSON.parse('{"toString":1,"__proto__":{"amount":1},"constructor":2}')
    expect(canonicalJson(value)).toBe('{"__proto__":{"amount":1},"constructor":2,"toString":1}')
  })

  it('leaves out members that are undefined, as JSON.stringify does', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}')
  })

  it('takes 64 levels, and rejects one more, and what contains itself', () => {
    const nested = (levels: number): unknown =>
      Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 0)
    expect(canonicalJson(nested(64))).toHaveLength(129)
    expect(() => canonicalJson(nested(65))).toThrow(/more than 64 levels/)
    const circular: Record<string, unknown> = {}
    circular.self = circular
    expect(() => canonicalJson(circular)).toThrow(/more than 64 levels/)
  })

  it('takes 65536 characters, and rejects one more', () => {
    expect(canonicalJson('x'.repeat(65_534))).toHaveLength(65_536)
    expect(() => canonicalJson('x'.repeat(65_535))).toThrow(/longer than 65536 characters/)
  })

  it('stops at the bound when one value stands in another again and again', () => {
    // Written out it would have 2^40 entries.
    const shared = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner, inner], 'x')
    expect(() => canonicalJson(shared)).toThrow(/longer than 65536 characters/)
  })

  it('writes JSON that means the same, and only one text for it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = canonicalJson(value)
        // JSON has no negative zero of its own.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
  })

  it('does not depend on the order of members', () => {
    const member = fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 2 }))
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ([name]) => name }), (members) => {
        expect(canonicalJson(Object.fromEntries(members.toReversed()))).toBe(
          canonicalJson(Object.fromEntries(members)),
        )
      }),
    )
  })

  it('has another text for every other value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame =
          JSON.stringify(JSON.parse(canonicalJson(one))) === JSON.stringify(JSON.parse(canonicalJson(other)))
        expect(canonicalJson(one) === canonicalJson(other)).toBe(isSame)
      }),
    )
  })
})
