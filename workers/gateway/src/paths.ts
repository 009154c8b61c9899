/**
 * The path of a request as it came, or `null` when it is not in its plain form.
 *
 * A service behind this gateway may decode, fold or resolve a path before it matches its own routes. So a path
 * passes only if no such step changes its meaning: no encoded slash, backslash, dot, NUL or percent sign, no
 * encoded letter or digit (RFC 3986 §6.2.2.2), no `\`, `//`, `;` or dot segment, and nothing that a URL parser
 * would rewrite.
 */
export function plainPath(url: string): string | null {
  const raw = rawPath(url)
  if (raw === null || !URL.canParse(url) || new URL(url).pathname !== raw) return null
  if (/[\\;]|\/\//.test(raw) || raw.split('/').some((segment) => segment === '.' || segment === '..'))
    return null
  for (const [, hex] of raw.matchAll(/%([0-9a-fA-F]{2})?/g)) {
    if (hex === undefined || MEANINGFUL.test(String.fromCharCode(Number.parseInt(hex, 16)))) return null
  }
  return raw
}

/** What must not be encoded: unreserved characters, and what splits or ends a path on some server. */
const MEANINGFUL = /[A-Za-z0-9\-._~/\\%;\0]/

/** The path as it stands in the URL's text: what comes after the authority, up to the query. */
function rawPath(url: string): string | null {
  return /^https?:\/\/[^/?#]+(\/[^?#]*)/.exec(url)?.[1] ?? null
}
