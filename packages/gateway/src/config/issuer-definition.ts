import type { ExternalAlg } from '@sealgate/kit/external'

/**
 * What the access tokens of an issuer look like. `rfc9068`: typ `at+jwt`, with `client_id` and `jti`. `jwt`: typ `JWT` or
 * `at+jwt`, the client in `azp` or `client_id`. Both have rights in `scope`. The others are those of a product.
 */
export const ISSUER_PROFILES = ['rfc9068', 'jwt', 'auth0', 'okta', 'entra', 'cloudflare-access'] as const
export type IssuerProfile = (typeof ISSUER_PROFILES)[number]

/**
 * One more issuer of access tokens, beside the tenant of the `AUTH0_*` variables. Its parties have names of their own here:
 * `ISSUER#SUBJECT`, so that a subject of this issuer is never one of another.
 */
export interface IssuerDefinition {
  /** The `iss` of its tokens, compared character by character. */
  readonly issuer: string
  /** The `aud` of its tokens: one of these. */
  readonly audience: string | readonly string[]
  /** What it signs with, and no more. Default: RS256. */
  readonly algorithms?: readonly ExternalAlg[] | undefined
  /** Where its keys are. No two issuers share one. Default: `.well-known/jwks.json` below the issuer. */
  readonly jwksUri?: string | undefined
  /** Default: `rfc9068`. */
  readonly profile?: IssuerProfile | undefined
  /**
   * Client ids, as the issuer writes them, whose tokens count; `any`: each. Required in production and staging, but for
   * Cloudflare Access, which knows no clients.
   */
  readonly clients?: 'any' | readonly string[] | undefined
  /** The claim that holds permissions: a text with spaces, or a list. Default: as the profile has it. */
  readonly permissionsClaim?: string | undefined
  /** The claim that holds roles, a list. Default: as the profile has it, which is none but for Entra ID (`roles`). */
  readonly rolesClaim?: string | undefined
  /** What each of its subjects holds besides, for issuers that decide by themselves who gets a token. Default: nothing. */
  readonly everybody?:
    | {
        readonly permissions?: readonly string[] | undefined
        readonly roles?: readonly string[] | undefined
      }
    | undefined
  /** Claim that holds when the subject logged in, beside `auth_time`, in seconds since the epoch. Default: none. */
  readonly authTimeClaim?: string | undefined
  /** Says that it has proved each address in `email`. Default: only with `email_verified: true`. */
  readonly emailIsVerified?: boolean | undefined
}
