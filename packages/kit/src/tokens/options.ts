/** What one verification may ask for in place of the kit's own settings. */
export interface VerifyOptions {
  /** Issuer, compared exactly. Default: the kit's. */
  readonly iss?: string
  /** Audience, or several of which the token must carry one. Default: the kit's. */
  readonly aud?: string | readonly string[]
  /** Clock tolerance in seconds, 0–300. Default: the kit's. */
  readonly leewaySeconds?: number
  /** Expected `typ` header. `JWT` may be absent from a token; every other kind must be there. Default: `JWT`. */
  readonly typ?: string
  /** The request that the token must be bound to. */
  readonly request?: Request
}
