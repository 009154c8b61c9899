/** Claims of a subject token that was verified. */
export interface SubjectClaims {
  readonly sub: string
  /** Seconds. */
  readonly iat: number
  /** Seconds. */
  readonly exp: number
  readonly [name: string]: unknown
}

/** The client that a token was issued to: `azp` in Auth0's own profile, `client_id` in RFC 9068's. */
export function clientIdOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const clientId = claims.azp ?? claims.client_id
  return typeof clientId === 'string' && clientId !== '' ? clientId : undefined
}
