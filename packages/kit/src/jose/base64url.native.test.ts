import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type * as encoding from './base64url.ts'

/**
 * The path of runtimes that decode base64url themselves. Where this one does not, a decoder as lenient as the
 * specification (ECMA-262, `Uint8Array.prototype.setFromBase64`) stands in: it accepts padding and white space, drops
 * spare bits, and throws at the rest.
 */
let withNative: typeof encoding
let byTable: typeof encoding
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
  return options.omitPadding ? spelt.replace(/=+$/, '') : spelt
}

beforeAll(async () => {
  byTable = await import('./base64url.ts')
  if (isMissing) Object.assign(proto, { setFromBase64, toBase64 })
  vi.resetModules()
  withNative = await import('./base64url.ts')
})
afterAll(() => {
  if (!isMissing) return
  delete proto.setFromBase64
  delete proto.toBase64
})

it('uses the native functions where there are some', () => {
  calls.set = calls.to = 0
  expect(withNative.decodeBase64Url('Zg')).toEqual(Uint8Array.of(0x66))
  expect(withNative.encodeBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8')
  // A runtime that brings its own does not count for us: there the same results are all that can be seen.
  expect(calls).toEqual(isMissing ? { set: 1, to: 1 } : { set: 0, to: 0 })
})

/** What the table rejects, `encoding.test.ts` lists. */
it('decodes as the table does, and rejects what it rejects', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('AQgwZz09-_+/= \n\t.é\u0141')), maxLength: 12 }),
      (text) => {
        const out = new Uint8Array(16)
        const length = byTable.decodeByTable(text, out)
        expect(withNative.decodeBase64Url(text)).toEqual(length < 0 ? null : out.slice(0, length))
      },
    ),
    { numRuns: 5000 },
  )
})

it('returns any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(withNative.decodeBase64Url(withNative.encodeBase64Url(bytes))).toEqual(bytes)
    }),
  )
})
