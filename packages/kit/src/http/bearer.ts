/** What a caller offered as its credentials (RFC 6750 §2.1, RFC 9110 §11.4). */
export type Credentials =
  | { readonly form: 'none' }
  | { readonly form: 'malformed'; readonly detail: string }
  | { readonly form: 'token'; readonly token: string }

const NONE: Credentials = { form: 'none' }

/**
 * Reads the one bearer token of a request, or takes a token as it is. The scheme's case does not matter. Two
 * headers arrive joined by a comma, which no token contains. Other schemes are no bearer credentials.
 *
 * @param isKnown says that a token was verified before, and so is well-formed: its characters are not read again
 */
export function readCredentials(
  source: string | Request | null | undefined,
  isKnown: (token: string) => boolean = () => false,
): Credentials {
  if (source === null || source === undefined || source === '') return NONE
  if (typeof source === 'string') return { form: 'token', token: source }
  const header = source.headers.get('Authorization')
  if (header === null) return NONE
  const usual = header.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined
  if (usual !== undefined && isKnown(usual)) return { form: 'token', token: usual }
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
