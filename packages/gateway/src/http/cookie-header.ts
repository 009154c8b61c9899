import { GatewayError } from '../errors.ts'

/** The longest Cookie header that is looked at, in characters: browsers send 4 KB a cookie, and few of them. */
const MAX_COOKIE_HEADER = 8192

/**
 * Rejects a request whose cookies are larger than any browser's for one site (RFC 6585 §5).
 *
 * @throws GatewayError `cookies_too_large`
 */
export function checkCookieHeader({ headers }: Request): void {
  if ((headers.get('Cookie')?.length ?? 0) > MAX_COOKIE_HEADER) throw new GatewayError('cookies_too_large')
}
