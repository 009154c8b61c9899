/** Where Auth0 sends the browser back to. */
export const CALLBACK_PATH = '/auth/callback'
export const JWKS_PATH = '/.well-known/jwks.json'
/** RFC 8414 §3. */
export const METADATA_PATH = '/.well-known/oauth-authorization-server'
export const OPENAPI_PATH = '/openapi.json'

/** Paths that the gateway serves itself: a route for one of them would never be reached. */
export const RESERVED_PATHS = [
  '/health',
  '/oauth/token',
  '/oauth/revoke',
  '/auth/login',
  CALLBACK_PATH,
  '/auth/profile',
  '/auth/refresh',
  '/auth/logout',
  JWKS_PATH,
  METADATA_PATH,
  OPENAPI_PATH,
] as const

export type ReservedPath = (typeof RESERVED_PATHS)[number]
