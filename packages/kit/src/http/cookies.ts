/**
 * The cookies of a request (RFC 6265 §4.2.1), each as it came, in order; a pair without `=` has an empty name. Linear in
 * the header: only what RFC 6265 calls white space is trimmed, because other trimming lets one name pass for another.
 */
export function cookiePairs(header: string | null): readonly (readonly [name: string, value: string])[] {
  return (header ?? '').split(';').map((part) => {
    const pair = trimmed(part)
    const equals = pair.indexOf('=')
    return equals < 0 ? ['', pair] : [pair.slice(0, equals), pair.slice(equals + 1)]
  })
}

function trimmed(text: string): string {
  let start = 0
  let end = text.length
  // Neither goes past the text: there is no code there.
  while (isBlank(text.charCodeAt(start))) start++
  while (isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
