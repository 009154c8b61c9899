/** A path of RFC 3986 §3.3: segments of pchar, but for `;`, which opens a parameter on some servers. */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/

/** What splits or ends a path, or a line, on some server. */
const DELIMITER = /[\\;%?#\p{Cc}\p{Zl}\p{Zp}]/u

/** Slashes that NFKC leaves alone, and conversions to a smaller character set do not. */
const OTHER_SLASH = /[\u2044\u2215\u2216\u29f5\u29f8\u29f9]/

/** An empty segment before the last, a dot segment, white space at either end of a segment. */
const ODD_SEGMENT = /\/\/|\/\.{1,2}(?:\/|$)|\/\s|\s(?:\/|$)/u

/**
 * The path of a request as it came, or `null` when it is not in its plain form.
 *
 * A service behind this gateway may decode, fold or resolve a path before it matches its own routes. So a path
 * passes only if no such step changes its meaning:
 *
 * - as it came: nothing but pchar (RFC 3986 §3.3), nothing that a URL parser would rewrite, no `;`, `//` or dot segment;
 * - encoded: no unreserved character (§6.2.2.2), and none that splits or ends a path; well-formed UTF-8, and so no
 *   overlong slash; no space at either end of a segment;
 * - folded (NFKC) and without what nobody sees: no other segments than before. A fullwidth slash, a dot leader, or two
 *   dots with a zero-width space between them do not pass; a letter or digit of another width does.
 */
export function plainPath(url: string): string | null {
  const raw = rawPath(url)
  if (raw === null || !PATH.test(raw) || URL.parse(url)?.pathname !== raw) return null
  if (!raw.includes('%')) return isPlain(raw) ? raw : null
  const decoded = hasEncodedAscii(raw) ? null : decode(raw)
  if (decoded === null || OTHER_SLASH.test(decoded) || !isPlain(decoded)) return null
  const folded = decoded.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
  return isPlain(folded) && marksOf(folded) === marksOf(decoded) ? raw : null
}

/** True for text that is one path to whoever decodes nothing more. */
function isPlain(path: string): boolean {
  return !DELIMITER.test(path) && !ODD_SEGMENT.test(path)
}

/** Its slashes and dots, in order. */
function marksOf(path: string): string {
  return path.replaceAll(/[^./]/g, '')
}

/** True when an unreserved character, a slash or a dot is encoded: for many servers it is the same as the character. */
function hasEncodedAscii(path: string): boolean {
  return /%(?:2[def]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/i.test(path)
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

/** The path as it stands in the URL's text: what comes after the authority, up to the query. */
function rawPath(url: string): string | null {
  return /^https?:\/\/[^/?#]+(\/[^?#]*)/.exec(url)?.[1] ?? null
}
