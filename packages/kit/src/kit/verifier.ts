import type { TakeApproval } from '../approvals/take-approval.ts'
import { type Auth, authOf, type VerifiedClaims } from '../claims/types.ts'
import type { VerifierSettings } from '../config/settings.ts'
import { TokenError, type TokenReason } from '../errors.ts'
import { readCredentials, usualToken } from '../http/bearer.ts'
import { type Decision, denial } from '../http/decision.ts'
import { ALGORITHMS, type InternalAlg } from '../jose/algorithms.ts'
import type { CompactHeader } from '../jose/compact.ts'
import type { KeySource, SourceDescription } from '../keys/key-source.ts'
import type { HashSubject } from '../log/subject-hash.ts'
import type { Rules } from '../policy/builder.ts'
import { NO_RULES, type PolicyParts, partsOfRules } from '../policy/parts.ts'
import type { CheckBinding } from '../tokens/request-binding.ts'
import type { Denylist } from '../tokens/revocation.ts'
import { TokenVerifier, type Verified } from '../tokens/verify.ts'
import type { VerifyOptions } from '../tokens/verify-options.ts'
import { asOutage, denyToken, isUnreadable } from './denials.ts'
import { judge } from './judge.ts'

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
  /** Of the token's header. */
  readonly kid: string | undefined
  /** RFC 7638 thumbprint of the key that signed; `undefined` for secrets. */
  readonly thumbprint: string | undefined
  readonly verifier: Verifier
}

/** What is behind each `Auth` that a verifier made; never on the object itself. */
const origins = new WeakMap<Auth, Origin>()

/** What an `Auth` was made from; `undefined` for one that no verifier made. */
export function originOf(auth: Auth): Origin | undefined {
  return origins.get(auth)
}

/** What a verifier is put together from. */
export interface VerifierParts {
  readonly settings: VerifierSettings
  readonly source: KeySource
  readonly denylist: Denylist | undefined
  readonly checkBinding: CheckBinding | undefined
  readonly hashSubject?: HashSubject | undefined
  readonly takeApproval?: TakeApproval | undefined
}

/** What a verifier is made of and how it is doing; no secret in it. */
export interface VerifierDescription {
  /** Whose tokens it accepts. */
  readonly issuer: string
  /** Of which a token must carry one. */
  readonly audiences: readonly string[]
  /** What it verifies with. */
  readonly verify: { readonly mode: InternalAlg } & SourceDescription
}

let readParts: (verifier: Verifier) => VerifierParts
let decideBy: <Custom>(
  verifier: Verifier,
  source: TokenSource,
  rules: PolicyParts,
  options: AuthorizeOptions | undefined,
) => Decision<Custom> | Promise<Decision<Custom>>

/** The parts of a verifier, for this package alone. */
export function verifierPartsOf(verifier: Verifier): VerifierParts {
  return readParts(verifier)
}

/**
 * As `authorize`, for this package alone: synchronous for most tokens seen before, because a promise is a good part of
 * what such a token costs.
 *
 * @throws ConfigError
 */
export function decide<Custom>(
  verifier: Verifier,
  source: TokenSource,
  rules: PolicyParts,
  options?: AuthorizeOptions,
): Decision<Custom> | Promise<Decision<Custom>> {
  return decideBy(verifier, source, rules, options)
}

/**
 * Verifies internal tokens under one configuration. Made by `makeVerifier` or `createVerifier`; every `Kit` is one. It
 * knows nothing of signing, and never shares keys, verdicts or caches with another.
 */
export class Verifier {
  readonly #parts: VerifierParts
  readonly #tokens: TokenVerifier

  static {
    readParts = (verifier) => verifier.#parts
    decideBy = (verifier, source, rules, options) => verifier.#decideOrOutage(source, rules, options)
  }

  /** @internal */
  constructor(parts: VerifierParts) {
    const { settings, source, denylist, checkBinding } = parts
    this.#parts = parts
    const checkRevocation = denylist && denylist.check.bind(denylist)
    this.#tokens = new TokenVerifier(
      ALGORITHMS[settings.verify.alg],
      source,
      settings,
      checkRevocation,
      checkBinding,
    )
  }

  /**
   * Verifies a token and returns its claims, or `null` for anything wrong with the token.
   *
   * @throws KeysUnavailableError, RevocationUnavailableError for outages: they are no verdict on the token
   * @throws ConfigError for options out of range, and for secrets that cannot be read
   */
  async verify(token: string, options?: VerifyOptions): Promise<VerifiedClaims | null> {
    try {
      const verified = this.#verified(token, options)
      return (verified instanceof Promise ? await verified : verified).claims
    } catch (error) {
      if (error instanceof TokenError) return null
      throw error
    }
  }

  /** As `verify`, with the reason. */
  async safeVerify(token: string, options?: VerifyOptions): Promise<SafeVerifyResult> {
    try {
      const { claims, header } = await this.#verified(token, options)
      return { ok: true, claims, header }
    } catch (error) {
      if (error instanceof TokenError) return { ok: false, reason: error.reason, detail: error.detail }
      throw error
    }
  }

  /**
   * The short way: the caller if the token is good and the rules pass, else `null`.
   *
   * @param rules a policy, a rule, or a list of rules that must all pass. Default: any verified caller that is not anonymous
   * @throws KeysUnavailableError, RevocationUnavailableError for outages
   * @throws ConfigError
   */
  async checkAuth<Custom = unknown>(
    source: TokenSource,
    rules?: Rules<Custom>,
  ): Promise<Auth<Custom> | null> {
    const decision = await this.#decide<Custom>(source, partsOfRules(rules), NO_OPTIONS)
    return decision.granted ? decision.auth : null
  }

  /**
   * As `checkAuth`, with status, RFC 6750 challenge and the rules that failed. Outages are a denial with
   * status 503, never an exception.
   *
   * @throws ConfigError
   * @throws ClaimsError when the policy binds tokens to the request and its body was read before
   */
  async authorize<Custom = unknown>(
    source: TokenSource,
    rules?: Rules<Custom>,
    options?: AuthorizeOptions,
  ): Promise<Decision<Custom>> {
    const decision = await this.#decideOrOutage<Custom>(source, partsOfRules(rules), options)
    options?.onDecision?.(decision)
    return decision
  }

  /**
   * Mode, source, keys and freshness, for health pages. It fetches no JWKS.
   *
   * @throws ConfigError when configured keys are not usable, or cannot be read
   * @throws KeysUnavailableError when reading them from the Secrets Store takes too long
   */
  async describe(): Promise<VerifierDescription> {
    const { settings, source } = this.#parts
    const { issuer, audiences, verify } = settings
    return { issuer, audiences, verify: { mode: verify.alg, ...(await source.describe()) } }
  }

  /** Outages are a denial with status 503. */
  #decideOrOutage<Custom>(
    source: TokenSource,
    rules: PolicyParts,
    options: AuthorizeOptions = NO_OPTIONS,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    try {
      const decision = this.#decide<Custom>(source, rules, options)
      return decision instanceof Promise ? decision.catch(asOutage) : decision
    } catch (error) {
      return asOutage(error)
    }
  }

  #verified(token: unknown, options: VerifyOptions | undefined): Verified | Promise<Verified> {
    if (typeof token !== 'string') throw new TokenError('malformed', 'the token is not a string')
    return this.#tokens.verify(token, options)
  }

  /** Synchronous for a token seen before, unless something has to be waited for. Outages are thrown. */
  #decide<Custom>(
    source: TokenSource,
    rules: PolicyParts,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const usual = usualToken(source)
    if (usual !== undefined) {
      try {
        return this.#decideToken<Custom>(usual, rules, options)
      } catch (error) {
        // A token that can be read was well-formed in its header. One that cannot may be a malformed header instead.
        if (!isUnreadable(error)) return denyToken(error)
      }
    }
    const credentials = readCredentials(source)
    if (credentials.form === 'none') return denial(401, 'no_credentials', 'the request has no bearer token')
    if (credentials.form === 'malformed') return denial(400, 'malformed_credentials', credentials.detail)
    try {
      return this.#decideToken<Custom>(credentials.token, rules, options)
    } catch (error) {
      return denyToken(error)
    }
  }

  /** @throws TokenError at once, for a token that is rejected before anything has to be waited for */
  #decideToken<Custom>(
    token: string,
    parts: PolicyParts,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const verified = this.#verified(token, verifyOptionsOf(parts, options))
    return verified instanceof Promise
      ? verified.then((late) => this.#judge<Custom>(late, token, parts), denyToken)
      : this.#judge<Custom>(verified, token, parts)
  }

  #judge<Custom>(
    verified: Verified,
    token: string,
    parts: PolicyParts,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const decision = judge<Custom>(parts, verified.auth ?? this.#authOf(verified, token))
    return decision instanceof Promise
      ? decision.then((late) => this.#withOrigin(late, verified, token))
      : this.#withOrigin(decision, verified, token)
  }

  #authOf(verified: Verified, token: string): Auth {
    const auth = authOf(verified.claims)
    verified.auth = auth
    this.#setOrigin(auth, verified, token)
    return auth
  }

  #setOrigin(auth: Auth, { claims, header, thumbprint }: Verified, token: string): void {
    origins.set(auth, { token, claims, kid: header.kid, thumbprint, verifier: this })
  }

  /** A schema makes an Auth of its own. */
  #withOrigin<Custom>(decision: Decision<Custom>, verified: Verified, token: string): Decision<Custom> {
    if (decision.granted && decision.auth !== verified.auth) this.#setOrigin(decision.auth, verified, token)
    return decision
  }
}

const NO_OPTIONS: AuthorizeOptions = Object.freeze({})

/** `undefined` when the policy and the caller request nothing special: the usual case, and the fast one. */
function verifyOptionsOf({ base }: PolicyParts, { request }: AuthorizeOptions): VerifyOptions | undefined {
  if (request) return { ...base, request }
  return base === NO_RULES.base ? undefined : base
}
