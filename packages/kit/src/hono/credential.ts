import { ConfigError } from '../errors.ts'
import { cookiePairs } from '../http/cookies.ts'
import { type Denied, denial } from '../http/decision.ts'
import { isCrossSite } from '../http/fetch-metadata.ts'

/**
 * Where a guard finds the token in place of `Authorization`, which it then does not read: a header whose value is the token,
 * or a cookie. A browser sends a cookie for pages of other sites too, so with a cookie a request that one of them made is
 * denied (403, `cross_site`): whatever is not GET or HEAD, and every WebSocket, must come from a page of this origin.
 */
export type Credential =
  | { readonly header: string; readonly cookie?: undefined }
  | { readonly cookie: string; readonly header?: undefined }

/** The token of a request as it came, nothing, or why none counts. */
export type ReadCredential = (request: Request) => string | null | undefined | Denied

/** RFC 9110 §5.6.2: the name of a header, and of a cookie (RFC 6265 §4.1.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Where a guard looks anyway, and what holds every cookie. */
const NOT_A_HEADER = /^(authorization|cookie)$/i

/** @throws ConfigError for what is no credential, and for `Authorization` and `Cookie` as a header */
export function credentialReader({
  header,
  cookie,
}: {
  readonly [Place in 'header' | 'cookie']?: string | undefined
}): ReadCredential {
  const name = header ?? cookie ?? ''
  if (!NAME.test(name) || NOT_A_HEADER.test(header ?? '') || (header !== undefined && cookie !== undefined)) {
    throw new ConfigError(
      "credential of a guard is { header: 'X-Token' } or { cookie: 'name' }; without it, the token is in Authorization",
    )
  }
  return header === undefined ? (request) => fromCookie(request, name) : ({ headers }) => headers.get(header)
}

function fromCookie(request: Request, name: string): string | undefined | Denied {
  const pairs = cookiePairs(request.headers.get('Cookie')).filter(([one]) => one === name)
  // A sibling of this site can set one of the same name, and no order says which is whose.
  if (pairs.length > 1) return denial(400, 'malformed_credentials', `there are two cookies ${name}`)
  const token = pairs[0]?.[1]
  return token && isCrossSite(request, new URL(request.url).origin)
    ? denial(403, 'cross_site', `a page of another origin sent the cookie ${name}`)
    : token
}
