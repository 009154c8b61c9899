import { decodeBase64Url } from '../jose/base64url.ts'
import { unwrapped } from '../primitives/pasted.ts'

/**
 * Reads the bytes of a secret as tools write them and people paste them: base64url or base64, in one alphabet, with the
 * padding of its length or none, in one line or in the lines of `openssl` and `base64`; or `hex:` and hexadecimal digits.
 * What may be meant in two ways is not read at all.
 *
 * @param minBytes how long a secret must be: digits that would be one in hexadecimal are doubtful without the prefix. The
 *   caller checks what it gets
 * @returns the bytes, or what is wrong; that quotes nothing
 */
export function secretBytes(text: string, minBytes: number): Uint8Array | string {
  const lines = unwrapped(text.replaceAll('\\n', '\n')).split(/\r?\n/)
  if (!isWrapped(lines)) return 'its lines are not of 64 or 76 characters'
  const plain = lines.join('')
  const isHex = plain.startsWith('hex:')
  const digits = isHex ? plain.slice(4) : plain
  if (isHex || digits.length >= 2 * minBytes) {
    const bytes = bytesOfHex(digits)
    if (isHex) return bytes ?? 'it is not hexadecimal'
    if (bytes) return 'it looks hexadecimal: write hex: in front of it'
  }
  if (/[+/]/.test(plain) && /[-_]/.test(plain)) return 'it mixes base64 and base64url'
  const body = plain.replace(/={1,2}$/, '')
  if (body !== plain && plain.length % 4 !== 0) return 'its padding does not fit its length'
  return (
    decodeBase64Url(body.replaceAll('+', '-').replaceAll('/', '_')) ?? 'it is neither base64url nor base64'
  )
}

/** One line, or lines of one width; the last one may be shorter. */
function isWrapped(lines: readonly string[]): boolean {
  const [first = '', ...more] = lines
  const width = first.length
  return (
    more.length === 0 ||
    ((width === 64 || width === 76) &&
      more.every(({ length }, index) => (index === more.length - 1 ? length <= width : length === width)))
  )
}

function bytesOfHex(digits: string): Uint8Array | undefined {
  const pairs = /^([0-9a-f]{2})+$/i.test(digits) ? digits.match(/../g) : undefined
  return pairs ? Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) : undefined
}
