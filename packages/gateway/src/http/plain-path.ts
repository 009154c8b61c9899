/**
 * The path of a request as it came, or `null` when it is not in its plain form.
 *
 * A service behind this gateway may decode, fold or resolve a path before it matches its own routes. So a path
 * passes only if no such step changes its meaning: no encoded slash, backslash, dot, percent sign, semicolon, `?`, `#` or
 * control character, no encoded letter or digit (RFC 3986 §6.2.2.2), no encoded space at either end of a segment, no `\`,
 * `//`, `;` or dot segment, nothing that is not UTF-8 (an overlong slash is none), and nothing that a URL parser would
 * rewrite.
 */
export function plainPath(url: string): string | null {
  const raw = rawPath(url)
  if (raw === null || !URL.canParse(url) || new URL(url).pathname !== raw) return null
  if (
    /[\\;]|\/\/|\/%20|%20(?:\/|$)/.test(raw) ||
    raw.split('/').some((segment) => segment === '.' || segment === '..')
  )
    return null
  for (const [, hex] of raw.matchAll(/%([0-9a-fA-F]{2})?/g)) {
    if (hex === undefined || isMeaningful(Number.parseInt(hex, 16))) return null
  }
  return isUtf8(raw) ? raw : null
}

/** What must not be encoded: unreserved characters, and what splits or ends a path, or a line, on some server. */
function isMeaningful(code: number): boolean {
  return code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~/\\%;?#]/.test(String.fromCharCode(code))
}

function isUtf8(path: string): boolean {
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The path as it stands in the URL's text: what comes after the authority, up to the query. */
function rawPath(url: string): string | null {
  return /^https?:\/\/[^/?#]+(\/[^?#]*)/.exec(url)?.[1] ?? null
}
