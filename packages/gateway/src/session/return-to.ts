import { plainPath } from '../http/plain-path.ts'

const MAX_LENGTH = 2048

/** Paths on which a login must not end: they start or undo one. */
const NEVER = ['/auth/login', '/auth/callback', '/auth/logout']

/**
 * Where a browser goes after a login: a path of this origin with its query, or `undefined` for anything else.
 *
 * It passes only in its plain form, so that no browser, proxy or router reads another host out of it: no `//` or `\`,
 * no control character or space, no dot segment, nothing encoded that means something when it is decoded.
 *
 * @param origin the gateway's own
 */
export function safeReturnTo(returnTo: string, origin: string): string | undefined {
  if (returnTo.length > MAX_LENGTH || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(returnTo)) return undefined
  const href = `${origin}${returnTo}`
  if (!URL.canParse(href)) return undefined
  const url = new URL(href)
  if (url.origin !== origin || url.href !== href) return undefined
  const path = plainPath(href)
  return path === null || NEVER.includes(path) ? undefined : returnTo
}
