/** What a caller offered as its credentials (RFC 6750 §2.1, RFC 9110 §11.4). */
export type Credentials =
  | { readonly form: 'none' }
  | { readonly form: 'malformed'; readonly detail: string }
  | { readonly form: 'token'; readonly token: string }

const NONE: Credentials = { form: 'none' }

/**
 * Reads the one bearer token of a request, or takes a token as it is. The scheme's case does not matter. Two
 * headers arrive joined by a comma, which no token contains. Other schemes are no bearer credentials.
 */
export function readCredentials(source: string | Request | null | undefined): Credentials {
  if (source === null || source === undefined || source === '') return NONE
  if (typeof source === 'string') return { form: 'token', token: source }
  const header = source.headers.get('Authorization')
  if (header === null) return NONE
  const scheme = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/.exec(header)?.[0]
  if (scheme === undefined) return { form: 'malformed', detail: 'the Authorization header has no scheme' }
  if (scheme.toLowerCase() !== 'bearer') {
    return /,\s*bearer(\s|$)/i.test(header)
      ? { form: 'malformed', detail: 'two Authorization headers' }
      : NONE
  }
  const token = /^ +([A-Za-z0-9\-._~+/]+=*)$/.exec(header.slice(scheme.length))?.[1]
  if (token === undefined)
    return { form: 'malformed', detail: 'the Authorization header is not one bearer token' }
  return { form: 'token', token }
}

/**
 * What stands behind `Bearer ` in a request, its characters not read: whoever reads a compact JWS strictly reads them
 * all, and needs {@link readCredentials} only for what is none. `undefined` for every other form.
 */
export function usualToken(source: string | Request | null | undefined): string | undefined {
  const header = typeof source === 'object' ? source?.headers.get('Authorization') : undefined
  return header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined
}
