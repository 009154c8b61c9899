import type { Context } from 'hono'
import type { Access } from '../session/live-session.ts'

/** Who is logged in: the claims of the ID token that are about the user (OpenID Connect Core §5.1). */
export interface User {
  readonly sub: string
  readonly name?: string
  readonly email?: string
  readonly [claim: string]: unknown
}

/** A login of a browser. */
export interface Session {
  readonly user: User
}

/** Auth0's access token of a session. */
export interface AccessToken {
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** What `auth()` puts on the context of each request as `c.var.auth0Client`. */
export interface Auth0Client {
  /** The session of this request; `undefined` without one. The middleware has read it already: nothing is awaited. */
  getSession(c?: Context): Session | undefined
  /** The access token of the session, to send to an API or an Agent; `undefined` without a session. */
  getAccessToken(c?: Context): Promise<AccessToken | undefined>
}

/** For apps that are typed by hand: `new Hono<OIDCEnv<Env>>()`. */
export interface OIDCEnv<Bindings extends object = object> {
  Bindings: Bindings
  Variables: OIDCVariables
}

/** What is on the context. */
export interface OIDCVariables {
  /** Absent where `auth()` is not in front. */
  auth0Client?: Auth0Client
}

declare module 'hono' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an interface of another package is added to
  interface ContextVariableMap extends OIDCVariables {}
}

/** A session that was read. */
export interface ReadSession extends Session {
  readonly access: Access
}

/** @param session `undefined` for a request without one */
export function clientOf(session: ReadSession | undefined): Auth0Client {
  return {
    getSession: () => session && { user: session.user },
    getAccessToken: () =>
      Promise.resolve(
        session && { accessToken: session.access.accessToken, expiresAt: session.access.expiresAt },
      ),
  }
}
