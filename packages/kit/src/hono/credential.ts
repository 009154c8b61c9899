import { ConfigError } from '../errors.ts'
import { cookiePairs } from '../http/cookies.ts'
import { type Denied, denial } from '../http/decision.ts'
import { isCrossSite } from '../http/fetch-metadata.ts'

declare const made: unique symbol
/**
 * Where a guard finds the token in place of `Authorization`, which it then does not read: {@link header} or {@link cookie}.
 * A function that reads it, so that a bundle has the one that it uses.
 */
export type Credential = ReadCredential & { readonly [made]: true }

/** The token of a request as it came, nothing, or why none counts. */
type ReadCredential = (request: Request) => string | null | undefined | Denied

/** RFC 9110 §5.6.2: the name of a header, and of a cookie (RFC 6265 §4.1.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Where a guard looks anyway, and what holds every cookie. */
const NOT_A_HEADER = /^(authorization|cookie)$/i

/**
 * A header of this name, whose whole value is the token.
 *
 * @throws ConfigError for what is no name, and for `Authorization` and `Cookie`
 */
export function header(name: string): Credential {
  if (!isName(name) || NOT_A_HEADER.test(name)) {
    throw new ConfigError(
      "header accepts the name of a header: header('X-Token'); Authorization is where a guard looks without it, and a cookie is for cookie('name')",
    )
  }
  return credential(({ headers }) => headers.get(name))
}

/**
 * A cookie of this name. A browser sends it for pages of other sites too, so a request that one of them made is denied (403,
 * `cross_site`): whatever is not GET or HEAD, and every WebSocket, must come from a page of this origin.
 *
 * @throws ConfigError for what is no name
 */
export function cookie(name: string): Credential {
  if (!isName(name)) throw new ConfigError("cookie accepts the name of a cookie: cookie('__Host-token')")
  return credential((request) => {
    const pairs = cookiePairs(request.headers.get('Cookie')).filter(([one]) => one === name)
    // A sibling of this site can set one of the same name, and no order says which is whose.
    if (pairs.length > 1) return denial(400, 'malformed_credentials', `there are two cookies ${name}`)
    const token = pairs[0]?.[1]
    return token && isCrossSite(request, new URL(request.url).origin)
      ? denial(403, 'cross_site', `a page of another origin sent the cookie ${name}`)
      : token
  })
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && NAME.test(name)
}

function credential(read: ReadCredential): Credential {
  return read as Credential
}
