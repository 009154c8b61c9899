import type { SourceDescription } from '@sealgate/kit'
import {
  createExternalVerifier,
  type ExternalVerifier,
  type ExternalVerifierConfig,
} from '@sealgate/kit/external'
import { isObject } from '@sealgate/kit/gateway'
import type { Auth0Config } from '../config/auth0.ts'
import { loginTimeOf } from './login-time.ts'
import { clientIdOf, isAllowedOrganization, isForeignParty, type SubjectClaims } from './subject.ts'
import { asAuth0Error, type Auth0Rejection } from './auth0-error.ts'

/** A token with less lifetime than this would be over before its exchange is of use. No leeway here. */
const MIN_LIFE_SECONDS = 5

export type Auth0Result =
  | { readonly ok: true; readonly claims: SubjectClaims }
  | { readonly ok: false; readonly rejection: Auth0Rejection }

/** What counts in place of the tenant's own settings, for a resource that has an `aud` of its own (RFC 8707). */
export interface ExpectedToken {
  /** A token must carry one of them. */
  readonly audiences: readonly string[]
  /** `any`: whoever the token was issued to. `undefined`: the tenant's own. */
  readonly clients: ReadonlySet<string> | 'any' | undefined
  /** The `aud` of tokens that this gateway issued itself; absent: none of those count. */
  readonly own?: string | undefined
}

/** Clock, network and events, for tests. */
export type Auth0Options = Pick<ExternalVerifierConfig, 'now' | 'fetch' | 'logger' | 'jwksStore'>

/** Verifies Auth0's access tokens: the signature by the kit, and then the rules of the tenant. */
export class Auth0Tokens {
  readonly #verifier: ExternalVerifier
  readonly #config: Auth0Config
  readonly #now: () => number

  constructor(config: Auth0Config, options: Auth0Options = {}) {
    this.#config = config
    this.#now = options.now ?? (() => Date.now() / 1000)
    this.#verifier = createExternalVerifier({
      ...options,
      issuer: config.issuer,
      audience: config.audience,
      jwksUri: config.jwksUrl,
      algorithms: ['RS256'],
      typ: config.profile === 'rfc9068' ? ['at+jwt'] : ['JWT', 'at+jwt'],
    })
  }

  /**
   * @param expected what counts in place of the tenant's own audience and clients
   * @param provenKey thumbprint of the key that signed the request's DPoP proof: the token must be bound to it
   * @throws GatewayError `auth0_unavailable` when its keys cannot be had
   */
  async verify(token: string, expected?: ExpectedToken, provenKey?: string): Promise<Auth0Result> {
    const options = expected && { audience: expected.audiences }
    const result = await this.#verifier.safeVerify(token, options).catch((error: unknown) => {
      throw asAuth0Error(error)
    })
    if (!result.ok) return { ok: false, rejection: result.reason }
    const claims = { ...result.claims, auth_iat: loginTimeOf(result.claims, this.#config) }
    const rejection = this.#denial(claims, expected?.clients ?? this.#config.clients, provenKey)
    return rejection === undefined ? { ok: true, claims } : { ok: false, rejection }
  }

  /** The state of Auth0's keys, for deep health. */
  describe(): SourceDescription {
    return this.#verifier.describe()
  }

  #denial(
    claims: SubjectClaims,
    clients: ExpectedToken['clients'],
    provenKey: string | undefined,
  ): Auth0Rejection | undefined {
    const { organizations, profile } = this.#config
    const rejection = rejectionOf(claims, this.#config, this.#now(), provenKey)
    if (rejection !== undefined) return rejection
    const clientId = clientIdOf(claims)
    if (!isAmong(clients, clientId)) return 'unknown_client'
    // Neither names a party of another issuer.
    if ([claims.sub, clientId ?? ''].some(isForeignParty)) return 'invalid_claim'
    if (!isAllowedOrganization(claims.org_id, organizations)) return 'unknown_organization'
    // RFC 9068 §2.2.
    if (profile === 'rfc9068' && (typeof claims.client_id !== 'string' || typeof claims.jti !== 'string')) {
      return 'not_rfc9068'
    }
    return undefined
  }
}

/**
 * What no access token may be, whoever issued it.
 *
 * @param now seconds since the epoch
 * @param provenKey as of `verify`
 */
export function rejectionOf(
  claims: Readonly<Record<string, unknown>> & { readonly iat: number; readonly exp: number },
  { tokenMaxSeconds }: Pick<Auth0Config, 'tokenMaxSeconds'>,
  now: number,
  provenKey: string | undefined,
): Auth0Rejection | undefined {
  if (claims.exp - now < MIN_LIFE_SECONDS) return 'ends_too_soon'
  // A revoked subject is on the deny-list as long as a token from before may live, and no longer.
  if (claims.exp - claims.iat > tokenMaxSeconds) return 'lives_too_long'
  // An ID token is meant for the client that requested it, never for an API (RFC 9068 §6).
  if (claims.nonce !== undefined || claims.at_hash !== undefined) return 'id_token'
  return bindingProblem(claims.cnf, provenKey)
}

/** RFC 9449 §7.2, RFC 8705 §3: a bound token is not taken without its proof, and with a proof no other is. */
function bindingProblem(cnf: unknown, provenKey: string | undefined): Auth0Rejection | undefined {
  if (cnf === undefined) return provenKey === undefined ? undefined : 'not_bound'
  const { jkt, ...others } = isObject(cnf) ? cnf : {}
  // Bound to a certificate, or to both: a proof is not enough.
  if (typeof jkt !== 'string' || Object.keys(others).length > 0) return 'sender_constrained'
  if (provenKey === undefined) return 'proof_missing'
  return jkt === provenKey ? undefined : 'proof_of_another_key'
}

/** Whether tokens of a client count. */
export function isAmong(clients: ExpectedToken['clients'], clientId: string | undefined): boolean {
  return clients === undefined || clients === 'any' || (clientId !== undefined && clients.has(clientId))
}
