import type { SourceDescription } from '@sealgate/kit'
import { createExternalVerifier, type ExternalVerifier } from '@sealgate/kit/external'
import { isObject } from '@sealgate/kit/gateway'
import { asAuth0Error } from '../auth0/auth0-error.ts'
import { loginTimeOf } from '../auth0/login-time.ts'
import { foreignParty, type SubjectClaims } from '../auth0/subject.ts'
import {
  type Auth0Options,
  type Auth0Result,
  type ExpectedToken,
  isAmong,
  rejectionOf,
} from '../auth0/tokens.ts'
import type { IssuerConfig } from '../config/issuers.ts'
import { type Party, type Profile, PROFILES } from './profiles.ts'

/** Verifies the access tokens of one more issuer: the signature by the kit, and then the rules of its profile. */
export class IssuerTokens {
  readonly config: IssuerConfig
  readonly #profile: Profile
  readonly #verifier: ExternalVerifier
  readonly #now: () => number

  constructor(config: IssuerConfig, options: Auth0Options = {}) {
    this.config = config
    this.#profile = PROFILES[config.profile]
    this.#now = options.now ?? (() => Date.now() / 1000)
    this.#verifier = createExternalVerifier({
      ...options,
      issuer: config.issuer,
      audience: config.audiences,
      jwksUri: config.jwksUrl,
      algorithms: config.algorithms,
      typ: this.#profile.types,
      ...(this.#profile.read && { readClaims: this.#profile.read }),
    })
  }

  /**
   * @param expected what counts in place of its own audience and clients; clients by their names here
   * @param provenKey thumbprint of the key that signed the request's DPoP proof: the token must be bound to it
   * @throws GatewayError `issuer_unavailable` when its keys cannot be had
   */
  async verify(token: string, expected?: ExpectedToken, provenKey?: string): Promise<Auth0Result> {
    const options = expected && { audience: expected.audiences }
    const result = await this.#verifier.safeVerify(token, options).catch((error: unknown) => {
      throw asAuth0Error(error, 'issuer_unavailable')
    })
    if (!result.ok) return { ok: false, rejection: result.reason }
    const { claims } = result
    const party = this.#profile.party(claims)
    const rejection =
      rejectionOf(claims, this.config, this.#now(), provenKey) ??
      this.#profile.problem?.(claims) ??
      (party ? undefined : 'wrong_profile')
    if (rejection !== undefined || !party) return { ok: false, rejection: rejection ?? 'wrong_profile' }
    return this.#named(claims, party, expected?.clients)
  }

  /** The state of its keys, for deep health. */
  describe(): SourceDescription {
    return this.#verifier.describe()
  }

  /**
   * The claims with every party by its name here. What else another issuer says of parties that it shares with the tenant,
   * such as organizations, would be taken for the tenant's word: it goes.
   */
  #named(
    claims: Readonly<Record<string, unknown>> & Dated,
    party: Party,
    expected: ExpectedToken['clients'],
  ): Auth0Result {
    const { issuer, emailIsVerified, clients } = this.config
    try {
      const own = party.clientId
      const clientId = own === undefined ? undefined : foreignParty(issuer, own, 'client')
      const isKnown = expected === undefined ? isAmong(clients, own) : isAmong(expected, clientId)
      if (!isKnown) return { ok: false, rejection: 'unknown_client' }
      const sub = foreignParty(issuer, party.name, party.kind)
      const named = {
        ...claims,
        sub,
        auth_iat: 0,
        azp: undefined,
        client_id: clientId,
        org_id: undefined,
        tid: this.#profile.keepsTenant ? claims.tid : undefined,
        act: actorsOf(claims.act, issuer),
        may_act: actorsOf(claims.may_act, issuer),
        ...(emailIsVerified && { email_verified: true }),
      } satisfies SubjectClaims
      return { ok: true, claims: { ...named, auth_iat: loginTimeOf(named, this.config) } }
    } catch (error) {
      // A name that is no well-formed Unicode.
      if (error instanceof URIError) return { ok: false, rejection: 'invalid_claim' }
      throw error
    }
  }
}

interface Dated {
  readonly iat: number
  readonly exp: number
}

/** Who acted before, or may act (RFC 8693 §4.1, §4.4): without `iss`, a party of the issuer itself. What is malformed stays so. */
function actorsOf(act: unknown, issuer: string): unknown {
  if (!isObject(act) || typeof act.sub !== 'string') return act
  const { iss = issuer, sub, act: earlier } = act
  return {
    iss,
    sub: iss === issuer ? foreignParty(issuer, sub, 'user') : sub,
    ...(earlier !== undefined && { act: actorsOf(earlier, issuer) }),
  }
}
