import type { Login, UserClaims } from '../auth0/client-types.ts'
import type { Access } from './live-session.ts'

/** A cookie to set. Only a login sets it: a response that comes late brings no session back. */
export interface SessionCookie {
  readonly value: string
  /** Seconds. */
  readonly maxAge: number
}

/** Whose sessions the provider says are over: those of a user, or those of a `sid`, or of both. */
export interface ProviderLogout {
  readonly sub: string | undefined
  readonly sid: string | undefined
  /** By the provider's clock, in seconds since the epoch: what began later stays. */
  readonly issuedAt: number
}

/** What a provider's logout ended. */
export interface EndedByProvider {
  readonly count: number
  /** To be revoked. */
  readonly refreshTokens: readonly string[]
}

/** Keeps sessions. */
export interface SessionStore {
  /** Whether Auth0 is to be requested refresh tokens. */
  readonly isOffline: boolean
  /**
   * Begins a session, with an identity that nobody has known before.
   *
   * @throws GatewayError `session_too_large`; `login_failed` when the provider has ended it meanwhile
   */
  create(login: Login): Promise<SessionCookie>
  /** The session of a cookie; `undefined` for a cookie that this gateway did not make, or that is over. */
  open(cookie: string): Promise<OpenSession | undefined>
  /**
   * Ends what the provider says is over; `undefined` where nothing finds sessions.
   *
   * @throws GatewayError `sessions_unavailable`
   */
  endAll(logout: ProviderLogout): Promise<EndedByProvider | undefined>
  /**
   * Whether sessions can be read at all.
   *
   * @throws GatewayError `sessions_unavailable`
   */
  check(): Promise<void>
}

/** A session by its cookie. It may have ended: then every use throws `no_session`. */
export interface OpenSession {
  /** @throws GatewayError */
  access(): Promise<Access>
  /** @throws GatewayError */
  refresh(): Promise<Access>
  /** @throws GatewayError */
  profile(options: { readonly isFresh: boolean }): Promise<UserClaims>
  /** Returns the refresh token that is to be revoked. */
  end(): Promise<string | undefined>
}
