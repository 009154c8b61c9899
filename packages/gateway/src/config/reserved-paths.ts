import { OPERATOR_PATH } from './operator-protocol.ts'

/** Where Auth0 sends the browser back to, unless `CALLBACK_PATH` says otherwise. */
export const DEFAULT_CALLBACK_PATH = '/auth/callback'
export const LOGIN_PATH = '/auth/login'
export const LOGOUT_PATH = '/auth/logout'
/** OpenID Connect Back-Channel Logout 1.0 §2.2: what is registered as `backchannel_logout_uri`. */
export const BACKCHANNEL_LOGOUT_PATH = '/auth/backchannel-logout'
export const JWKS_PATH = '/.well-known/jwks.json'
/** RFC 8414 §3. */
export const METADATA_PATH = '/.well-known/oauth-authorization-server'
/** RFC 9728 §3.1: the path of the resource follows it. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource'
export const OPENAPI_PATH = '/openapi.json'

/** Paths that the gateway serves itself beside the callback: a route for one of them would never be reached. */
export const RESERVED_PATHS = [
  '/health',
  '/ready',
  '/oauth/token',
  '/oauth/revoke',
  LOGIN_PATH,
  '/auth/profile',
  '/auth/refresh',
  LOGOUT_PATH,
  BACKCHANNEL_LOGOUT_PATH,
  JWKS_PATH,
  METADATA_PATH,
  OPENAPI_PATH,
  OPERATOR_PATH,
] as const

export type ReservedPath = (typeof RESERVED_PATHS)[number]

/** True for a path that the gateway serves itself. */
export function isReserved(path: string, callbackPath: string): boolean {
  return path === callbackPath || RESERVED_PATHS.some((one) => one === path)
}
