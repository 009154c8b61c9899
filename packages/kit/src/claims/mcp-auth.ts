import type { Auth } from './types.ts'

/** What MCP's SDKs call the caller of a request: `extra.authInfo`, and `ctx.http.authInfo` since version 2. */
export interface AuthInfo {
  /** Empty. */
  token: string
  /** The client that the user's token was issued to; empty when there is none. */
  clientId: string
  /** What the caller may do here. */
  scopes: string[]
  /** When the internal token ends, in seconds since the epoch. */
  expiresAt: number
  /** The verified caller, for policies. */
  extra: { readonly auth: Auth }
}

/**
 * A verified caller in the shape that MCP's SDKs pass on to tools: `handler.fetch(request, { authInfo: authInfoOf(auth) })`.
 * There is no token in it. A tool that held one could log it, or pass it on to where it is not meant (MCP, token
 * passthrough); for the next service `delegate` makes one.
 */
export function authInfoOf(auth: Auth): AuthInfo {
  const { claims, permissions } = auth
  const { client_id: clientId, exp } = claims
  return {
    token: '',
    clientId: typeof clientId === 'string' ? clientId : '',
    scopes: [...permissions],
    expiresAt: exp,
    extra: { auth },
  }
}
