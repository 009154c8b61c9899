// Where the runtime may lack a decoder of its own, as Node 24 does: a table, else what the runtime brings.
import * as native from './base64url.workerd.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = 0xff
const VALUES = new Uint8Array(256).fill(INVALID)
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i
const CODES = new TextEncoder().encode(ALPHABET)
const latin1 = new TextDecoder('latin1')

const isNative = 'setFromBase64' in Uint8Array.prototype

export const decodeBase64UrlInto = isNative ? native.decodeBase64UrlInto : decodeByTable
export const encodeBase64Url = isNative ? native.encodeBase64Url : encodeByTable

function valueAt(text, index) {
  return VALUES[text.charCodeAt(index)] ?? INVALID
}

/** Spare bits in the last character that are not zero. */
function hasSpareBits(text) {
  const rest = text.length & 3
  return rest !== 0 && (valueAt(text, text.length - 1) & (rest === 2 ? 0x0f : 0x03)) !== 0
}

export function decodeByTable(text, out) {
  if (hasSpareBits(text)) return -1
  const { length } = text
  let seen = 0
  let o = 0
  for (let i = 0; i < length; i += 4) {
    const a = valueAt(text, i)
    // A group of one character, which no bytes have, lacks this one: that makes it invalid.
    const b = valueAt(text, i + 1)
    const c = i + 2 < length ? valueAt(text, i + 2) : 0
    const d = i + 3 < length ? valueAt(text, i + 3) : 0
    seen |= a | b | c | d
    out[o++] = (a << 2) | (b >> 4)
    if (i + 2 < length) out[o++] = (b << 4) | (c >> 2)
    if (i + 3 < length) out[o++] = (c << 6) | d
  }
  return (seen & 0xc0) === 0 ? o : -1
}

export function encodeByTable(bytes) {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  const code = (value) => CODES[value & 63]
  let o = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i]
    const b = bytes[i + 1] ?? 0
    const c = bytes[i + 2] ?? 0
    out[o++] = code(a >> 2)
    out[o++] = code((a << 4) | (b >> 4))
    // `out` is as long as the text: what a last group of one or two bytes lacks is not written.
    out[o++] = code((b << 2) | (c >> 6))
    out[o++] = code(c)
  }
  return latin1.decode(out)
}
