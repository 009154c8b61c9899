import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as withTable from '../../runtime/base64url.js'
import * as withNative from '../../runtime/base64url.workerd.js'

/**
 * The path of runtimes that decode base64url themselves. Where this one does not, a decoder as lenient as the
 * specification (ECMA-262, `Uint8Array.prototype.setFromBase64`) stands in: it accepts padding and white space, drops
 * spare bits, and throws at the rest.
 */
const proto = Uint8Array.prototype as { setFromBase64?: unknown; toBase64?: unknown }
const isMissing = proto.setFromBase64 === undefined
const calls = { set: 0, to: 0 }

function setFromBase64(this: Uint8Array, text: string, options: { alphabet: string }): { written: number } {
  calls.set++
  if (options.alphabet !== 'base64url') throw new TypeError('another alphabet')
  const compact = text.replace(/[\t\n\f\r ]/g, '')
  const body = compact.replace(/={1,2}$/, '')
  if (!/^[\w-]*$/.test(body)) throw new SyntaxError('a foreign character')
  if (body.length % 4 === 1 || (compact !== body && compact.length % 4 !== 0)) {
    throw new SyntaxError('an impossible length')
  }
  const binary = atob(body.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Array.from(binary, (char) => char.charCodeAt(0)).slice(0, this.length)
  this.set(bytes)
  return { written: bytes.length }
}

function toBase64(this: Uint8Array, options: { alphabet: string; omitPadding: boolean }): string {
  calls.to++
  const text = btoa(String.fromCharCode(...this))
  const spelt = options.alphabet === 'base64url' ? text.replaceAll('+', '-').replaceAll('/', '_') : text
  return options.omitPadding ? spelt.replaceAll('=', '') : spelt
}

beforeAll(() => {
  if (isMissing) Object.assign(proto, { setFromBase64, toBase64 })
})
afterAll(() => {
  if (!isMissing) return
  delete proto.setFromBase64
  delete proto.toBase64
})

function decoded(text: string): Uint8Array | null {
  const out = new Uint8Array(16)
  const length = withNative.decodeBase64UrlInto(text, out)
  return length < 0 ? null : out.slice(0, length)
}

it('is used where the runtime has it, whatever the bundler chose', async () => {
  vi.resetModules()
  const { decodeBase64UrlInto, encodeBase64Url } = await import('../../runtime/base64url.js')
  calls.set = calls.to = 0
  expect(decodeBase64UrlInto('Zg', new Uint8Array(1))).toBe(1)
  expect(encodeBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8')
  // A runtime that brings its own does not count for us: there the same results are all that can be seen.
  expect(calls).toEqual(isMissing ? { set: 1, to: 1 } : { set: 0, to: 0 })
})

/** What the table rejects, `base64url.test.ts` lists. */
it('decodes as the table does, and rejects what it rejects', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('AQgwZz09-_+/= \n\t.é\u0141')), maxLength: 12 }),
      (text) => {
        const out = new Uint8Array(16)
        const length = withTable.decodeByTable(text, out)
        expect(decoded(text)).toEqual(length < 0 ? null : out.slice(0, length))
      },
    ),
    { numRuns: 5000 },
  )
})

it('decodes what ends with any character as the table does', () => {
  for (const start of ['', 'Q', 'QU', 'QUF', 'QUFB']) {
    for (let code = 0; code < 256; code++) {
      const text = start + String.fromCharCode(code)
      expect(decoded(text) !== null, JSON.stringify(text)).toBe(
        withTable.decodeByTable(text, new Uint8Array(16)) >= 0,
      )
    }
  }
})

it('encodes as the table does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = withNative.encodeBase64Url(bytes)
      expect(text).toBe(withTable.encodeByTable(bytes))
      const out = new Uint8Array(100)
      expect(out.slice(0, withNative.decodeBase64UrlInto(text, out))).toEqual(bytes)
    }),
  )
})

/** How many bits of the last character are spare, by the number of characters of the last group. */
const SPARE_BITS = [
  [2, 4],
  [3, 2],
  [4, 0],
] as const

// Read anew: the tables stand at the top of a module.
it.each([
  ['as this runtime has it', () => import('#base64url')],
  ['by a native decoder', () => import('../../runtime/base64url.workerd.js')],
  [
    'by table',
    async () => {
      const { decodeByTable, encodeByTable } = await import('../../runtime/base64url.js')
      return { decodeBase64UrlInto: decodeByTable, encodeBase64Url: encodeByTable }
    },
  ],
])('64 characters count, each for its value, and the last one ends in zeros: %s', async (_, load) => {
  vi.resetModules()
  const { decodeBase64UrlInto, encodeBase64Url } = await load()
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (let code = 0; code < 256; code++) {
    const character = String.fromCharCode(code)
    const value = alphabet.indexOf(character)
    expect(decodeBase64UrlInto(`AAAA${character}`, new Uint8Array(6)), character).toBe(-1)
    for (const [characters, spareBits] of SPARE_BITS) {
      const text = `AAAA${'A'.repeat(characters - 1)}${character}`
      const out = new Uint8Array(6)
      const length = decodeBase64UrlInto(text, out)
      const isGood = value >= 0 && value % 2 ** spareBits === 0
      expect([text, length]).toEqual([text, isGood ? 2 + characters : -1])
      if (isGood) expect(encodeBase64Url(out.subarray(0, length))).toBe(text)
    }
  }
  expect(encodeBase64Url(Uint8Array.of(0x00, 0x10, 0x83, 0xff, 0xef, 0xbe))).toBe('ABCD_---')
})

it('is an error where it is missing, not a token that is malformed', () => {
  const { setFromBase64: own } = proto
  delete proto.setFromBase64
  try {
    expect(() => withNative.decodeBase64UrlInto('Zg', new Uint8Array(1))).toThrow(/setFromBase64/)
  } finally {
    Object.defineProperty(proto, 'setFromBase64', { value: own, configurable: true, writable: true })
  }
})
