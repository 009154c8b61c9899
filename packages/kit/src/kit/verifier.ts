import { type Auth, authOf, type VerifiedClaims } from '../claims/types.ts'
import type { Settings } from '../config/settings.ts'
import { KeysUnavailableError, RevocationUnavailableError, TokenError, type TokenReason } from '../errors.ts'
import { readCredentials, usualToken } from '../http/bearer.ts'
import { type Decision, denial, type Denied, outage } from '../http/decision.ts'
import { ALGORITHMS } from '../jose/algorithms.ts'
import type { CompactHeader } from '../jose/compact.ts'
import type { KeySource } from '../keys/key-source.ts'
import { partsOf, policy, type Policy } from '../policy/builder.ts'
import { evaluate, type Evaluated } from '../policy/evaluate.ts'
import { NO_RULES, type PolicyParts } from '../policy/parts.ts'
import type { Denylist } from '../tokens/revocation.ts'
import { TokenVerifier, type Verified } from '../tokens/verify.ts'
import type { VerifyOptions } from '../tokens/verify-options.ts'

/** A token, a request that carries one as its bearer credentials, or nothing. */
export type TokenSource = string | Request | null | undefined

/** The outcome of `safeVerify`. `detail` is for logs. */
export type SafeVerifyResult =
  | { readonly ok: true; readonly claims: VerifiedClaims; readonly header: CompactHeader }
  | { readonly ok: false; readonly reason: TokenReason; readonly detail: string }

/** What one `authorize` may request. */
export interface AuthorizeOptions {
  /** The request that the token must be bound to. */
  readonly request?: Request
  /** Receives the decision, for logs. Nothing in it is secret but the claims of the caller. */
  readonly onDecision?: (decision: Decision) => void
}

/** What an `Auth` was made from. A schema may have changed the claims that the caller is shown, never these. */
export interface Origin {
  readonly token: string
  readonly claims: VerifiedClaims
  /** RFC 7638 thumbprint of the key that signed; `undefined` for secrets. */
  readonly thumbprint: string | undefined
  readonly verifier: Verifier
}

/** What is behind each `Auth` that a kit made; never on the object itself. */
const origins = new WeakMap<Auth, Origin>()

/** What an `Auth` was made from; `undefined` for one that no kit made. */
export function originOf(auth: Auth): Origin | undefined {
  return origins.get(auth)
}

/** The half of a kit that verifies. It knows nothing of signing. */
export class Verifier {
  readonly #tokens: TokenVerifier
  readonly denylist: Denylist | undefined
  /** Seconds since the epoch. */
  readonly now: () => number

  constructor(settings: Settings, source: KeySource, denylist?: Denylist) {
    this.denylist = denylist
    this.now = settings.now
    const checkRevocation = denylist && denylist.check.bind(denylist)
    this.#tokens = new TokenVerifier(ALGORITHMS[settings.verify.alg], source, settings, checkRevocation)
  }

  /** @throws as `Kit.verify` */
  async verify(token: string, options?: VerifyOptions): Promise<VerifiedClaims | null> {
    try {
      const verified = this.#verified(token, options)
      return (verified instanceof Promise ? await verified : verified).claims
    } catch (error) {
      if (error instanceof TokenError) return null
      throw error
    }
  }

  /** @throws as `Kit.safeVerify` */
  async safeVerify(token: string, options?: VerifyOptions): Promise<SafeVerifyResult> {
    try {
      const { claims, header } = await this.#verified(token, options)
      return { ok: true, claims, header }
    } catch (error) {
      if (error instanceof TokenError) return { ok: false, reason: error.reason, detail: error.detail }
      throw error
    }
  }

  /** @throws as `Kit.checkAuth` */
  async checkAuth<Custom = unknown>(
    source: TokenSource,
    rules?: Policy<Custom>,
  ): Promise<Auth<Custom> | null> {
    const decision = await this.#decide(source, rules, NO_OPTIONS)
    return decision.granted ? decision.auth : null
  }

  /**
   * The decision on a caller; outages are a denial with status 503. Synchronous for most tokens seen before: a promise
   * is a good part of what such a token costs.
   *
   * @throws ConfigError
   */
  decide<Custom>(
    source: TokenSource,
    rules: Policy<Custom> | undefined,
    options: AuthorizeOptions = NO_OPTIONS,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    try {
      const decision = this.#decide(source, rules, options)
      return decision instanceof Promise ? decision.catch(asOutage) : decision
    } catch (error) {
      return asOutage(error)
    }
  }

  /** What an `Auth` was made from, if it was made here. */
  originOf(auth: Auth): Origin | undefined {
    const origin = originOf(auth)
    return origin?.verifier === this ? origin : undefined
  }

  #verified(token: unknown, options: VerifyOptions | undefined): Verified | Promise<Verified> {
    if (typeof token !== 'string') throw new TokenError('malformed', 'the token is not a string')
    return this.#tokens.verify(token, options)
  }

  /** Synchronous for a token seen before, unless something has to be waited for. Outages are thrown. */
  #decide<Custom>(
    source: TokenSource,
    rules: Policy<Custom> | undefined,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const usual = usualToken(source)
    if (usual !== undefined) {
      try {
        return this.#decideToken(usual, rules, options)
      } catch (error) {
        // A token that can be read was well-formed in its header. One that cannot may be a malformed header instead.
        if (!isUnreadable(error)) return denyToken(error)
      }
    }
    const credentials = readCredentials(source)
    if (credentials.form === 'none') return denial(401, 'no_credentials', 'the request has no bearer token')
    if (credentials.form === 'malformed') return denial(400, 'malformed_credentials', credentials.detail)
    try {
      return this.#decideToken(credentials.token, rules, options)
    } catch (error) {
      return denyToken(error)
    }
  }

  /** @throws TokenError at once, for a token that is rejected before anything has to be waited for */
  #decideToken<Custom>(
    token: string,
    rules: Policy<Custom> | undefined,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const parts = partsOf(rules ?? policy())
    const verified = this.#verified(token, verifyOptionsOf(parts, options))
    return verified instanceof Promise
      ? verified.then((late) => this.#judge<Custom>(late, token, parts), denyToken)
      : this.#judge(verified, token, parts)
  }

  #judge<Custom>(
    verified: Verified,
    token: string,
    parts: PolicyParts,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const auth = verified.auth ?? this.#authOf(verified, token)
    if (auth.kind === 'anonymous' && !parts.allowsAnonymous) {
      return denial(401, 'anonymous', 'the caller is anonymous and the policy does not allow that')
    }
    const evaluated = evaluate<Custom>(parts, auth)
    return evaluated instanceof Promise
      ? evaluated.then((late) => this.#conclude(late, verified, token))
      : this.#conclude(evaluated, verified, token)
  }

  #authOf(verified: Verified, token: string): Auth {
    const auth = authOf(verified.claims)
    verified.auth = auth
    this.#setOrigin(auth, verified, token)
    return auth
  }

  #setOrigin(auth: Auth, { claims, thumbprint }: Verified, token: string): void {
    origins.set(auth, { token, claims, thumbprint, verifier: this })
  }

  #conclude<Custom>(
    { passed, failed, auth }: Evaluated<Custom>,
    verified: Verified,
    token: string,
  ): Decision<Custom> {
    if (!passed) return denial(403, 'insufficient_rights', 'the policy does not grant this', failed)
    // A schema makes an Auth of its own.
    if (auth !== verified.auth) this.#setOrigin(auth, verified, token)
    return { granted: true, auth }
  }
}

const NO_OPTIONS: AuthorizeOptions = Object.freeze({})

/** `undefined` when the policy and the caller request nothing special: the usual case, and the fast one. */
function verifyOptionsOf({ base }: PolicyParts, { request }: AuthorizeOptions): VerifyOptions | undefined {
  if (request) return { ...base, request }
  return base === NO_RULES.base ? undefined : base
}

function isUnreadable(error: unknown): boolean {
  return error instanceof TokenError && (error.reason === 'malformed' || error.reason === 'too_large')
}

function denyToken(error: unknown): Denied {
  if (error instanceof TokenError) return denial(401, error.reason, error.detail)
  throw error
}

function asOutage(error: unknown): Denied {
  if (error instanceof KeysUnavailableError)
    return outage('keys_unavailable', error.message, error.retryAfterSeconds)
  if (error instanceof RevocationUnavailableError) {
    return outage('revocation_unavailable', error.message, error.retryAfterSeconds)
  }
  throw error
}
