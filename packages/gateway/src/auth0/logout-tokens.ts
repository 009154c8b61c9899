import { createExternalVerifier, type ExternalVerifier } from '@sealgate/kit/external'
import { isObject } from '@sealgate/kit/gateway'
import type { LoginConfig } from '../config/auth0.ts'
import { asAuth0Error } from './auth0-error.ts'
import type { Auth0ClientOptions } from './client.ts'
import { isForeignParty } from './subject.ts'

/** The member of `events` that makes a JWT a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4). */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** How far the provider's clock may be off, in seconds. */
const LEEWAY_SECONDS = 60

/** The longest that a logout token lives, in seconds: for so long it must be known that it was used. Two minutes are usual. */
const MAX_LIFETIME_SECONDS = 3600

/** The longest `jti`, `sub` or `sid`, in characters. */
const MAX_NAME_LENGTH = 256

/** Whose sessions are over. One of `sub` and `sid` is there. */
export interface Logout {
  readonly sub: string | undefined
  readonly sid: string | undefined
  /** When it was issued, in seconds since the epoch, by the provider's clock. */
  readonly issuedAt: number
  readonly jti: string
  /** Seconds since the epoch: from then on the token is rejected for its age. */
  readonly until: number
}

export type LogoutResult =
  { readonly ok: true; readonly logout: Logout } | { readonly ok: false; readonly rejection: string }

/** Verifies logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6), but for their having been used before. */
export class LogoutTokens {
  readonly #verifier: ExternalVerifier
  readonly #config: Pick<LoginConfig, 'issuer' | 'clientId'>
  readonly #now: () => number

  constructor(config: Pick<LoginConfig, 'issuer' | 'clientId'>, options: Auth0ClientOptions = {}) {
    const { issuer, clientId } = config
    this.#config = config
    this.#now = options.now ?? (() => Date.now() / 1000)
    this.#verifier = createExternalVerifier({
      ...options,
      issuer,
      audience: clientId,
      jwksUri: `${issuer}.well-known/jwks.json`,
      // As of ID tokens: §2.6 wants the same.
      algorithms: ['RS256'],
      // §2.4 recommends the first. Without it `events` tells a logout token from every other.
      typ: ['logout+jwt', 'JWT'],
      // Each comes once.
      tokenCacheEntries: 0,
    })
  }

  /** @throws GatewayError `auth0_unavailable` when the provider's keys cannot be had */
  async verify(token: string): Promise<LogoutResult> {
    const result = await this.#verifier.safeVerifySignature(token).catch((error: unknown) => {
      throw asAuth0Error(error)
    })
    if (!result.ok) return { ok: false, rejection: result.reason }
    return checkLogoutClaims(result.claims, this.#config, this.#now())
  }
}

type Claims = Readonly<Record<string, unknown>>

/** §2.4 and §2.6, in their order. */
function checkLogoutClaims(
  claims: Claims,
  { issuer, clientId }: Pick<LoginConfig, 'issuer' | 'clientId'>,
  now: number,
): LogoutResult {
  const { iss, aud, iat, exp, jti, sub, sid, events } = claims
  if (iss !== issuer) return rejected('wrong_issuer')
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(clientId)) return rejected('wrong_audience')
  if (!isTime(iat) || !isTime(exp)) return rejected('no_times')
  if (iat > now + LEEWAY_SECONDS) return rejected('issued_in_future')
  if (exp <= now - LEEWAY_SECONDS) return rejected('expired')
  if (exp - iat > MAX_LIFETIME_SECONDS) return rejected('lives_too_long')
  if (!isName(jti)) return rejected('no_jti')
  if ((sub === undefined && sid === undefined) || !isNameOrAbsent(sub) || !isNameOrAbsent(sid)) {
    return rejected('no_sub_or_sid')
  }
  // Nobody's to end but its own issuer's.
  if (sub !== undefined && isForeignParty(sub)) return rejected('wrong_subject')
  if (!isObject(events) || !isObject(events[LOGOUT_EVENT])) return rejected('no_logout_event')
  // An ID token has one, and no logout token has: so neither passes for the other.
  if ('nonce' in claims) return rejected('has_nonce')
  return { ok: true, logout: { sub, sid, issuedAt: iat, jti, until: exp + LEEWAY_SECONDS } }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH
}

function isNameOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isName(value)
}

function rejected(rejection: string): LogoutResult {
  return { ok: false, rejection }
}
