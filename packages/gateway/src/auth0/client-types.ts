/** Claims about a user, from an ID token or `/userinfo`. */
export interface UserClaims {
  readonly sub: string
  readonly [name: string]: unknown
}

/** What Auth0 gives for a code or a refresh token. */
export interface Tokens {
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** Absent without `offline_access`; in a response to a refresh: the old one stays. */
  readonly refreshToken: string | undefined
  /** From the ID token, verified. Absent when none came. */
  readonly claims: UserClaims | undefined
}

/** A login that went well. */
export interface Login extends Tokens {
  readonly claims: UserClaims
  /** When the user logged in at Auth0, which may be before this login. Seconds since the epoch. */
  readonly authTime: number
}

/** What a login has to match. */
export interface ExpectedLogin {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly redirectUri: string
  /** A response without `iss` is rejected (RFC 9207 §2.4). */
  readonly requiresIss: boolean
  /** The organization to log in to; `undefined` leaves it to Auth0. */
  readonly organization?: string | undefined
}

/** How a user is to log in. */
export interface LoginRequest {
  /** Whether a refresh token is requested. */
  readonly isOffline: boolean
  /** A login at Auth0 that is older than this does not do, in seconds (OpenID Connect Core §3.1.2.1). */
  readonly maxAge: number
  /** The user is to log in anew, whatever session there is with Auth0 (`prompt=login`). */
  readonly isForced: boolean
  /** More parameters; what the gateway sets itself wins over them. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}
