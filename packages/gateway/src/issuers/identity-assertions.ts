import { createExternalVerifier, type ExternalVerifier } from '@sealgate/kit/external'
import { asAuth0Error } from '../auth0/auth0-error.ts'
import { loginTimeOf } from '../auth0/login-time.ts'
import { foreignParty, isAllowedOrganization, isForeignParty, subjectKind } from '../auth0/subject.ts'
import type { Auth0Options } from '../auth0/tokens.ts'
import type { Auth0Config } from '../config/auth0.ts'
import type { EnterpriseSettings } from '../config/enterprise.ts'
import { listOf } from './rights.ts'
import { issuerOf } from './subject-tokens.ts'

/** The `typ` header of an identity assertion: no other JWT of an identity provider has it. */
export const ID_JAG_TYP = 'oauth-id-jag+jwt'

/** How far ahead an assertion may end, in seconds: for so long it must be known that it was used. */
const MAX_LIFETIME_SECONDS = 300

/** How far the issuer's clock may be off, in seconds. */
const LEEWAY_SECONDS = 60

/** Longest `jti`. A UUID has 36 characters. */
const MAX_JTI_LENGTH = 256

/** What an identity provider says: this user may use this client for these resources. It counts once. */
export interface IdentityAssertion {
  readonly iss: string
  /** The user, by their name here. */
  readonly sub: string
  /** When the user logged in, or the earliest that it can have been. Seconds. */
  readonly authIat: number
  readonly clientId: string
  readonly resources: readonly string[]
  readonly scope: readonly string[]
  readonly jti: string
  /** Seconds since the epoch: from then on it is rejected for its age. */
  readonly until: number
}

export type AssertionVerdict =
  | { readonly ok: true; readonly assertion: IdentityAssertion }
  | { readonly ok: false; readonly rejection: string }

type Enterprise = NonNullable<EnterpriseSettings['enterprise']>

/**
 * Verifies identity assertions (draft-ietf-oauth-identity-assertion-authz-grant, RFC 7521 §5.2), but for who brings them, what
 * is requested, and their having been used before.
 */
export class IdentityAssertions {
  readonly #verifiers: ReadonlyMap<string, ExternalVerifier>
  readonly #auth0: Auth0Config
  readonly #now: () => number

  constructor({ issuer: audience, issuers }: Enterprise, auth0: Auth0Config, options: Auth0Options = {}) {
    this.#auth0 = auth0
    this.#now = options.now ?? (() => Date.now() / 1000)
    this.#verifiers = new Map(
      [...issuers.values()].map(({ issuer, jwksUrl: jwksUri, algorithms }) => [
        issuer,
        createExternalVerifier({
          ...options,
          ...{ issuer, audience, jwksUri, algorithms, typ: [ID_JAG_TYP], leewaySeconds: LEEWAY_SECONDS },
          // Each comes once.
          tokenCacheEntries: 0,
        }),
      ]),
    )
  }

  /** @throws GatewayError `issuer_unavailable` when the keys of its issuer cannot be had */
  async verify(token: string): Promise<AssertionVerdict> {
    const iss = issuerOf(token)
    if (typeof iss !== 'string') return rejected(iss.reason)
    const verifier = this.#verifiers.get(iss)
    if (!verifier) return rejected('wrong_issuer')
    const result = await verifier.safeVerify(token).catch((error: unknown) => {
      throw asAuth0Error(error, 'issuer_unavailable')
    })
    if (!result.ok) return rejected(result.reason)
    return this.#read(iss, { ...result.claims, auth_iat: 0 })
  }

  #read(iss: string, claims: Claims): AssertionVerdict {
    const { aud, exp, jti, client_id: clientId, resource } = claims
    // With several, an assertion for one server would be good at another.
    if (Array.isArray(aud) && aud.length !== 1) return rejected('wrong_audience')
    if (exp > this.#now() + MAX_LIFETIME_SECONDS) return rejected('lives_too_long')
    if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return rejected('no_jti')
    if (typeof clientId !== 'string' || clientId === '') return rejected('no_client')
    // Nobody here checks what it is bound to, or grants what these details say.
    if (claims.cnf !== undefined) return rejected('sender_constrained')
    if (claims.authorization_details !== undefined) return rejected('authorization_details')
    // Of an issuer with tenants a subject is one in its tenant alone, and nobody here lists those.
    if (claims.tenant !== undefined) return rejected('tenant')
    // A token that comes of it would not say that somebody acts for the user.
    if (claims.act !== undefined || claims.may_act !== undefined) return rejected('actor')
    const resources: readonly unknown[] = Array.isArray(resource) ? resource : [resource]
    if (!resources.every(isName) || resources.length === 0) return rejected('no_resource')
    const sub = this.#subject(iss, claims)
    if (sub === undefined) return rejected('wrong_subject')
    const authIat = loginTimeOf({ ...claims, sub }, this.#auth0)
    const scope = listOf(claims, 'scope')
    const until = exp + LEEWAY_SECONDS
    return { ok: true, assertion: { iss, sub, authIat, clientId, resources, scope, jti, until } }
  }

  /** A user: of the tenant by their name there, of any other issuer by a URI. */
  #subject(iss: string, { sub, org_id: orgId }: Claims): string | undefined {
    const { issuer, organizations } = this.#auth0
    if (iss !== issuer) return sub.isWellFormed() ? foreignParty(iss, sub, 'user') : undefined
    const isUser = !isForeignParty(sub) && subjectKind(sub) === 'user'
    return isUser && isAllowedOrganization(orgId, organizations) ? sub : undefined
  }
}

interface Claims {
  readonly sub: string
  readonly iat: number
  readonly exp: number
  readonly auth_iat: number
  readonly [name: string]: unknown
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function rejected(rejection: string): AssertionVerdict {
  return { ok: false, rejection }
}
