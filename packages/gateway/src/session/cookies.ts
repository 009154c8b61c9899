import { cookiePairs, isLoopback } from '@sealgate/kit/gateway'
import type { Config } from '../config/read-config.ts'

/** Cookies of one origin: how they are named, and how they are kept. */
export interface Cookies {
  /** What the names of logins under way begin with: each has a cookie of its own. */
  readonly login: string
  readonly session: string
  /** Says when a login went well, in seconds since the epoch. It begins as those of logins do: the next one clears it. */
  readonly loggedIn: string
  /** `Set-Cookie` for a value. `maxAge` in seconds. */
  set(name: string, value: string, maxAge: number): string
  /** `Set-Cookie` that makes a browser forget. */
  clear(name: string): string
}

/**
 * The gateway's own public origin: `BASE_URL`, else what the request was sent to (never in production or staging, where
 * logins need `BASE_URL`).
 */
export function originOf({ baseUrl }: Config, request: Request): string {
  return baseUrl ?? new URL(request.url).origin
}

/**
 * The cookies of an origin. `__Host-` holds a cookie to this host, to https and to `Path=/` (RFC 6265bis §4.1.3.2).
 * Browsers reject it over plain http, so on http at this machine's own address, in `dev` and `test`, the prefix and
 * `Secure` are left out.
 */
export function cookiesOf(
  { environment, cookieNames }: Pick<Config, 'environment' | 'cookieNames'>,
  origin: string,
): Cookies {
  const isInsecure = isLoopbackHttp(origin) && (environment === 'dev' || environment === 'test')
  const prefix = isInsecure ? '' : '__Host-'
  const kept = `Path=/; HttpOnly; SameSite=Lax${isInsecure ? '' : '; Secure'}`
  return {
    login: `${prefix}${cookieNames.login}`,
    session: `${prefix}${cookieNames.session}`,
    loggedIn: `${prefix}${cookieNames.login}done`,
    set: (name, value, maxAge) => `${name}=${value}; Max-Age=${Math.floor(maxAge)}; ${kept}`,
    clear: (name) => `${name}=; Max-Age=0; ${kept}`,
  }
}

/** For how long a login counts as one of just now, in seconds: the browser comes back at once. */
const JUST_NOW_SECONDS = 30

/** `Set-Cookie` that says that a login went well now. */
export function saysLoggedIn(cookies: Cookies, now: number): string {
  return cookies.set(cookies.loggedIn, String(Math.floor(now)), JUST_NOW_SECONDS)
}

/** True when a login of this browser went well just now. Nothing but a redirect hangs on it: it is not sealed. */
export function hasJustLoggedIn(request: Request, cookies: Cookies, now: number): boolean {
  const age = now - Number(readCookie(request, cookies.loggedIn) ?? NaN)
  return age >= 0 && age <= JUST_NOW_SECONDS
}

/** True for plain http on loopback: the one place where cookies go without `Secure`. */
export function isLoopbackHttp(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && isLoopback(hostname)
}

/** The value of a cookie of ours. One that comes twice counts as none: we never set two. */
export function readCookie(
  { headers }: { readonly headers: Pick<Headers, 'get'> },
  name: string,
): string | undefined {
  const values = cookiePairs(headers.get('Cookie')).flatMap(([one, value]) => (one === name ? [value] : []))
  const [value] = values
  return values.length === 1 && value !== '' ? value : undefined
}
