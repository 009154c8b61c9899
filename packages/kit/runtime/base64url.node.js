// Node's own decoder is fast and lenient: it takes `+` and `/`, padding, spare bits and some characters beyond Latin-1 (as
// bytes of its own making); what else is foreign it passes over. All of that is rejected around it.

/** What a text may end with, by its length modulo 4: the characters whose spare bits are zero. */
const ENDS = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

const bufferOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)

export function decodeBase64UrlInto(text, out) {
  const { length } = text
  const rest = length & 3
  if (rest && !ENDS[rest].includes(text[length - 1])) return -1
  // What is ASCII has a byte a character.
  if (text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== length) return -1
  // Padding, and what is passed over, make the bytes fewer than the length says.
  const bytes = (length * 3) >> 2
  return bufferOf(out).write(text, 'base64url') === bytes ? bytes : -1
}

export function encodeBase64Url(bytes) {
  return bufferOf(bytes).toString('base64url')
}
