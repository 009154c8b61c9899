/**
 * The URI of a request as a proof names it (RFC 9449 §4.3): without query and fragment, in one form by RFC 3986 §6.2.2 and
 * §6.2.3. `undefined` for what is no http URI, or names a user.
 */
export function plainUri(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return `${url.origin}${url.pathname.replaceAll(/%[0-9a-f]{2}/gi, plainEscape)}`
}

/** Unreserved characters need no escape; the digits of the others are upper case. */
function plainEscape(escape: string): string {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
}
