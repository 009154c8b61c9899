import type { Kit } from '@sealgate/kit'
import { checkRevoked, issueInternal, type RevocableClaims } from '@sealgate/kit/gateway'
import type { SubjectClaims } from '../auth0/subject.ts'
import type { Config } from '../config/read-config.ts'
import type { ExtraClaims } from './extra-claims.ts'
import { anonymous, exchange, type Exchanged, type ExchangeRequest, type ExchangeResult } from './rules.ts'

/** What issuing needs of a gateway. */
export interface Issuing {
  readonly config: Config
  /** Seconds since the epoch. */
  readonly now: () => number
  /** The kit that signs for an audience: one for all, or with HS512 by audience one each. */
  kitFor(audience: string): Kit
  /** What the definition adds to tokens. */
  readonly extraClaims: ExtraClaims | undefined
}

/** An issued token and what went into it. */
export interface Issued {
  readonly ok: true
  readonly token: string
  readonly jti: string
  readonly subject: string
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  /** Seconds. */
  readonly expiresIn: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Applies the exchange rules to a verified subject, and signs what comes out with the claims that the definition adds.
 *
 * @throws GatewayError `claims_unavailable`, `claims_invalid`
 */
export async function issue(
  gateway: Issuing,
  subject: SubjectClaims,
  request: ExchangeRequest,
): Promise<Issued | Extract<ExchangeResult, { ok: false }>> {
  const now = gateway.now()
  const exchanged = exchange(subject, request, gateway.config, now)
  if (!exchanged.ok) return exchanged
  const extra = await gateway.extraClaims?.(subject, exchanged)
  return signExchanged(gateway, exchanged, now, extra)
}

/** A token for a caller without credentials: a subject of its own, and no more than `grant`. */
export async function issueAnonymous(
  gateway: Issuing,
  audience: string,
  grant: readonly string[],
): Promise<Issued> {
  const now = gateway.now()
  const sub = `anon:${crypto.randomUUID()}`
  return signExchanged(gateway, anonymous(sub, { audience, grant }, gateway.config, now), now)
}

async function signExchanged(
  gateway: Issuing,
  { claims, audience, expiresAt }: Exchanged,
  now: number,
  extra?: Readonly<Record<string, unknown>>,
): Promise<Issued> {
  const jti = crypto.randomUUID()
  const token = await issueInternal(gateway.kitFor(audience), {
    claims: { ...extra, ...claims, jti },
    aud: audience,
    expiresAt,
  })
  const { sub: subject, permissions, roles } = claims
  const expiresIn = expiresAt - Math.floor(now)
  return { ok: true, token, jti, subject, permissions, roles, expiresIn, expiresAt }
}

/**
 * Holds a verified subject against the deny-list, with those who act for it, and the token that is to be used again.
 *
 * @throws TokenError `revoked`
 * @throws RevocationUnavailableError
 */
export async function rejectRevoked(
  gateway: Issuing,
  { sub, auth_iat: authIat, act }: Pick<SubjectClaims, 'sub' | 'auth_iat'> & Pick<RevocableClaims, 'act'>,
  jti?: string,
): Promise<void> {
  const [audience = ''] = gateway.config.audiences.keys()
  await checkRevoked(gateway.kitFor(audience), {
    sub,
    iat: authIat,
    act,
    ...(jti !== undefined && { jti }),
  })
}
