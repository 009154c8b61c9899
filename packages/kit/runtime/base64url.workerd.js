// workerd brings a decoder of its own, which is lenient: it passes over white space, takes padding, and drops spare bits.
// All of that is rejected around it, so that one byte string has one spelling.
const OPTIONS = { alphabet: 'base64url', omitPadding: true }

/** What a text may end with, by its length modulo 4: the characters whose spare bits are zero. */
const ENDS = ['', '', 'AQgw', 'AEIMQUYcgkosw048']

export function decodeBase64UrlInto(text, out) {
  const { length } = text
  const rest = length & 3
  if (rest && !ENDS[rest].includes(text[length - 1])) return -1
  try {
    // White space and padding make the bytes fewer than the length says.
    const { written } = out.setFromBase64(text, OPTIONS)
    return written === (length * 3) >> 2 ? written : -1
  } catch (error) {
    // A runtime without the function must not look like one that gets bad tokens only.
    if (error instanceof SyntaxError) return -1
    throw error
  }
}

export function encodeBase64Url(bytes) {
  return bytes.toBase64(OPTIONS)
}
