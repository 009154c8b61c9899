import { LOGIN_PATH, LOGOUT_PATH } from '../config/reserved-paths.ts'
import { plainPath } from '../http/plain-path.ts'

const MAX_LENGTH = 2048

/**
 * Where a browser goes after a login: a path of this origin with its query, or `undefined` for anything else.
 *
 * It passes only in its plain form, so that no browser, proxy or router reads another host out of it: no `//` or `\`,
 * no control character or space, no dot segment, nothing encoded that means something when it is decoded.
 *
 * @param origin the gateway's own
 * @param callbackPath where a login must not end either: as at its start, it would go round
 */
export function safeReturnTo(returnTo: string, origin: string, callbackPath: string): string | undefined {
  if (returnTo.length > MAX_LENGTH || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(returnTo)) return undefined
  const href = `${origin}${returnTo}`
  if (!URL.canParse(href)) return undefined
  const url = new URL(href)
  if (url.origin !== origin || url.href !== href) return undefined
  const path = plainPath(href)
  return path === null || [LOGIN_PATH, LOGOUT_PATH, callbackPath].includes(path) ? undefined : returnTo
}
