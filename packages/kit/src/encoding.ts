/** base64url (RFC 4648 §5, no padding) and UTF-8, strict both ways: one byte string has one spelling. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = 0xff
const VALUES = new Uint8Array(256).fill(INVALID)
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i
const CODES = new TextEncoder().encode(ALPHABET)

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/**
 * Decodes the base64url text that stands as ASCII in `ascii[from, to)` into `out` and returns the number of
 * bytes written, or -1 when the text is not canonical: a foreign character, padding, an impossible length, or
 * spare bits that are not zero.
 *
 * `out` must have room for `(to − from) · 3 / 4` bytes. A table over bytes is as fast as the native decoders,
 * and unlike them strict (test/bench, "decode").
 */
export function decodeBase64UrlInto(ascii: Uint8Array, from: number, to: number, out: Uint8Array): number {
  const value = (index: number): number => VALUES[ascii[index] ?? 0] ?? INVALID
  const rest = (to - from) & 3
  if (rest === 1) return -1
  let seen = 0
  let o = 0
  let i = from
  for (const full = to - rest; i < full; i += 4) {
    const a = value(i)
    const b = value(i + 1)
    const c = value(i + 2)
    const d = value(i + 3)
    seen |= a | b | c | d
    out[o++] = (a << 2) | (b >> 4)
    out[o++] = (b << 4) | (c >> 2)
    out[o++] = (c << 6) | d
  }
  if (rest > 0) {
    const a = value(i)
    const b = value(i + 1)
    const c = rest === 3 ? value(i + 2) : 0
    seen |= a | b | c
    if (((rest === 3 ? c << 6 : b << 4) & 0xff) !== 0) return -1
    out[o++] = (a << 2) | (b >> 4)
    if (rest === 3) out[o++] = (b << 4) | (c >> 2)
  }
  return (seen & 0xc0) === 0 ? o : -1
}

/** Decodes canonical base64url, or gives `null`. */
export function decodeBase64Url(text: string): Uint8Array | null {
  const ascii = encoder.encode(text)
  const out = new Uint8Array((ascii.length * 3) >> 2)
  const length = decodeBase64UrlInto(ascii, 0, ascii.length, out)
  return length < 0 ? null : out
}

/** Encodes bytes as base64url without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  const code = (value: number): number => CODES[value & 63] ?? 0
  let o = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0
    const b = bytes[i + 1] ?? 0
    const c = bytes[i + 2] ?? 0
    out[o++] = code(a >> 2)
    out[o++] = code((a << 4) | (b >> 4))
    if (i + 1 < bytes.length) out[o++] = code((b << 2) | (c >> 6))
    if (i + 2 < bytes.length) out[o++] = code(c)
  }
  return latin1.decode(out)
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Writes `text` into `out` and returns the number of bytes written; one pass, no allocation. */
export function encodeUtf8Into(text: string, out: Uint8Array): number {
  return encoder.encodeInto(text, out).written
}

/** Decodes UTF-8, or gives `null` for anything that is not. A byte order mark is kept, and so refused by JSON. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** Parses a JSON object; `null` for anything else, arrays and invalid JSON included. */
export function parseJsonObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
