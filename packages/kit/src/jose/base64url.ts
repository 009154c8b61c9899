import { decodeBase64UrlInto, encodeBase64Url } from '#base64url'

/** base64url (RFC 4648 §5, no padding), strict both ways: one byte string has one spelling. */
export { decodeBase64UrlInto, encodeBase64Url }

/** Decodes canonical base64url, or returns `null`. */
export function decodeBase64Url(text: string): Uint8Array | null {
  const out = new Uint8Array((text.length * 3) >> 2)
  return decodeBase64UrlInto(text, out) < 0 ? null : out
}
