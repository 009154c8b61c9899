import type { Kit } from '@sealgate/kit'
import { issueInternal } from '@sealgate/kit/gateway'
import type { Auth0Result } from '../auth0/tokens.ts'
import { listOf } from './rights.ts'

/** RFC 9068 §2.1. No internal token has it, so that neither passes for the other. */
export const ACCESS_TOKEN_TYP = 'at+jwt'

/** Lifetime in seconds: for the next one its client gets a new assertion, which its identity provider may deny. */
const LIFETIME_SECONDS = 300

/** With less than this left it would be over before its exchange is of use. Seconds. */
const MIN_LIFE_SECONDS = 5

/** What a token of this gateway's own says. */
export interface OwnToken {
  readonly sub: string
  readonly kind: 'user' | 'agent'
  readonly authIat: number
  readonly clientId: string
  readonly resource: string
  readonly scope: readonly string[]
}

/**
 * Access tokens that this gateway issues itself, for a resource behind it (RFC 9068): signed with the keys of internal tokens,
 * and told from those by `typ`, by `iss`, which is `BASE_URL`, and by `aud`, which is the resource.
 */
export class OwnTokens {
  readonly issuer: string
  readonly #kit: Kit
  readonly #maxSeconds: number
  readonly #now: () => number

  /** @param maxSeconds longest lifetime of any token */
  constructor(issuer: string, kit: Kit, maxSeconds: number, now: () => number) {
    this.issuer = issuer
    this.#kit = kit
    this.#maxSeconds = Math.min(LIFETIME_SECONDS, maxSeconds)
    this.#now = now
  }

  async issue(token: OwnToken): Promise<{ readonly token: string; readonly expiresIn: number }> {
    const { sub, kind, authIat, clientId, resource, scope } = token
    const expiresIn = this.#maxSeconds
    const signed = await issueInternal(this.#kit, {
      claims: {
        ...{ sub, kind, auth_iat: authIat, client_id: clientId, jti: crypto.randomUUID() },
        ...(scope.length > 0 && { scope: scope.join(' ') }),
      },
      ...{ iss: this.issuer, aud: resource, typ: ACCESS_TOKEN_TYP },
      expiresAt: Math.floor(this.#now()) + expiresIn,
    })
    return { token: signed, expiresIn }
  }

  /**
   * @param provenKey thumbprint of the key that signed the request's DPoP proof: none of these tokens is bound to one
   * @throws KeysUnavailableError, RevocationUnavailableError
   */
  async verify(token: string, resource: string, provenKey?: string): Promise<Auth0Result> {
    if (provenKey !== undefined) return { ok: false, rejection: 'not_bound' }
    const expected = { iss: this.issuer, aud: resource, typ: ACCESS_TOKEN_TYP }
    const result = await this.#kit.safeVerify(token, expected)
    if (!result.ok) return { ok: false, rejection: result.reason }
    const { claims } = result
    if (claims.exp - this.#now() < MIN_LIFE_SECONDS) return { ok: false, rejection: 'ends_too_soon' }
    const named = { ...claims, auth_iat: claims.auth_iat ?? claims.iat }
    // Whatever the tenant's tokens have their rights in, these have them in their scope.
    return { ok: true, claims: { ...named, permissions: listOf(named, 'scope') } }
  }
}
