import type { Variables } from './schema.ts'

/** What a login's parts are called. */
export interface LoginSettings {
  /** Where Auth0 sends the browser back to. */
  readonly callbackPath: string
  readonly cookieNames: CookieNames
}

/** Names of the gateway's cookies, without the prefix `__Host-`. */
export interface CookieNames {
  readonly session: string
  /** What the names of logins under way begin with: each has a cookie of its own. */
  readonly login: string
}

export function readLoginSettings({ CALLBACK_PATH, SESSION_COOKIE_NAME }: Variables): LoginSettings {
  return { callbackPath: CALLBACK_PATH, cookieNames: cookieNamesOf(SESSION_COOKIE_NAME) }
}

/** @param session `sealgate-session` makes `sealgate-login-` */
export function cookieNamesOf(session: string): CookieNames {
  return { session, login: `${session.replace(/-session$/, '')}-login-` }
}

/** What a cookie of the gateway is called before any setting. */
const RESERVED_NAME = /^sealgate(-|$)/

/**
 * True for a cookie that is the gateway's own, with its prefix or without: no service gets one, and none sets one. Names
 * that begin with `sealgate-` are, whatever the setting is.
 */
export function isOwnCookie(name: string, { session, login }: CookieNames): boolean {
  const bare = name.startsWith('__Host-') ? name.slice('__Host-'.length) : name
  return bare === session || bare.startsWith(login) || RESERVED_NAME.test(bare)
}
