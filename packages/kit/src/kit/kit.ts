import { ALGORITHMS, type InternalAlg } from '../jose/algorithms.ts'
import { readCredentials } from '../http/bearer.ts'
import { type Auth, authOf, type VerifiedClaims } from '../claims/types.ts'
import type { CompactHeader } from '../jose/compact.ts'
import { type Decision, outage, type Denied, denial } from '../http/decision.ts'
import {
  ClaimsError,
  ConfigError,
  KeysUnavailableError,
  RevocationUnavailableError,
  TokenError,
  type TokenReason,
} from '../errors.ts'
import { type Exchange, exchangeDelegate } from '../tokens/exchange-client.ts'
import { serviceLoader, urlLoader } from '../keys/fetch-jwks.ts'
import { JwksSource } from '../keys/jwks-source.ts'
import { live, type Live } from '../keys/lazy-binding.ts'
import {
  type KeyRing,
  type PublicJwk,
  SlotRing,
  type SlotDescription,
  slotTailSeconds,
} from '../keys/signing-slots.ts'
import { SecretRing } from '../keys/hmac-secrets.ts'
import type { KeySource, SourceDescription } from '../keys/key-source.ts'
import { InlineSource, OwnSource, SecretSource } from '../keys/static-source.ts'
import { partsOf, policy, type Policy } from '../policy/builder.ts'
import { evaluate, type Evaluated } from '../policy/evaluate.ts'
import { NO_RULES, type PolicyParts } from '../policy/parts.ts'
import type { NamedValue, Settings, SignKeys, VerifyKeys } from '../config/schema.ts'
import { computeRequestHash } from '../tokens/request-hash.ts'
import { delegateClaims, type DelegationRequest } from '../tokens/delegate.ts'
import type { VerifyOptions } from '../tokens/verify-options.ts'
import { Denylist, type RevocableClaims, type Revocation } from '../tokens/revocation.ts'
import {
  buildClaims,
  type KitClaims,
  rejectKitClaims,
  REQUEST_TYP,
  type SignClaims,
  type SignOptions,
  signPayload,
} from '../tokens/sign.ts'
import { type Verified, Verifier } from '../tokens/verify.ts'

/** A token, a request that carries one as its bearer credentials, or nothing. */
export type TokenSource = string | Request | null | undefined

/** The outcome of `safeVerify`. `detail` is for logs. */
export type SafeVerifyResult =
  | { readonly ok: true; readonly claims: VerifiedClaims; readonly header: CompactHeader }
  | { readonly ok: false; readonly reason: TokenReason; readonly detail: string }

/** What one `authorize` may ask for. */
export interface AuthorizeOptions {
  /** The request that the token must be bound to. */
  readonly request?: Request
  /** Receives the decision, for logs. Nothing in it is secret but the claims of the caller. */
  readonly onDecision?: (decision: Decision) => void
}

/** What a kit is made of and how it is doing; no secret in it. */
export interface KitDescription {
  /** Of its own tokens, and of those that it accepts. */
  readonly issuer: string
  /** Of which a token must carry one. */
  readonly audiences: readonly string[]
  /** What it signs with; `undefined`: it only verifies. */
  readonly sign: { readonly mode: InternalAlg; readonly slots: readonly SlotDescription[] } | undefined
  /** What it verifies with. */
  readonly verify: { readonly mode: InternalAlg } & SourceDescription
}

/**
 * Signs and verifies internal tokens under one configuration. Made by `makeKit` or `createKit`; never shares
 * keys, verdicts or caches with another kit.
 */
export class Kit {
  readonly #settings: Settings
  readonly #ring: Live<KeyRing> | undefined
  readonly #source: KeySource
  readonly #verifier: Verifier
  readonly #denylist: Denylist | undefined
  /** What is behind each `Auth` that this kit made; never on the object itself. */
  readonly #origins = new WeakMap<Auth, Origin>()

  /** @throws ConfigError for keys that are malformed */
  constructor(settings: Settings) {
    this.#settings = settings
    const secretRing = secretRings(settings)
    this.#ring = settings.sign && ringOf(settings.sign, settings, secretRing)
    this.#source = sourceOf(settings.verify, settings, this.#ring, secretRing)
    const denylist =
      settings.denylist && new Denylist(settings.denylist, { ...settings, onError: settings.denylistOnError })
    this.#denylist = denylist
    this.#verifier = new Verifier(
      ALGORITHMS[settings.verify.alg],
      this.#source,
      settings,
      (claims, thumbprint) => denylist?.check(claims, thumbprint),
    )
  }

  /**
   * Signs a token. `iss`, `aud`, `iat`, `exp` come by options; `jti` is random unless given.
   *
   * @throws ClaimsError for whatever a verifier would reject
   * @throws ConfigError without a signing key
   */
  async sign(claims: SignClaims, options: SignOptions = {}): Promise<string> {
    rejectKitClaims(claims)
    const { request } = options
    const kitClaims = request ? { req: await computeRequestHash(request) } : {}
    const token = await this.#issue(claims, kitClaims, options)
    return token
  }

  /** @deprecated The name is `sign`. */
  createToken(claims: SignClaims, options: SignOptions = {}): Promise<string> {
    return this.sign(claims, options)
  }

  /** Throws at once what it throws: no promise is made before there is something to wait for. */
  #issue(claims: SignClaims, kitClaims: KitClaims, options: SignOptions): Promise<string> {
    const settings = this.#settings
    if (!this.#ring) throw noSigningKey()
    const now = settings.now()
    const payload = buildClaims(claims, kitClaims, options, settings, now)
    const ring = this.#ring()
    const key = ring instanceof Promise ? ring.then((loaded) => loaded.signer(now)) : ring.signer(now)
    return signPayload(payload, key, options.typ ?? (options.request ? REQUEST_TYP : settings.typ))
  }

  /**
   * Verifies a token and gives its claims, or `null` for anything wrong with the token.
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

  #verified(token: unknown, options: VerifyOptions | undefined): Verified | Promise<Verified> {
    if (typeof token !== 'string') throw new TokenError('malformed', 'the token is not a string')
    return this.#verifier.verify(token, options)
  }

  /**
   * The short way: the caller if the token is good and the policy passes, else `null`.
   *
   * @throws KeysUnavailableError, RevocationUnavailableError for outages
   * @throws ConfigError
   */
  async checkAuth<Custom = unknown>(
    source: TokenSource,
    rules?: Policy<Custom>,
  ): Promise<Auth<Custom> | null> {
    const decision = await this.#decide(source, rules, NO_OPTIONS)
    return decision.granted ? decision.auth : null
  }

  /**
   * As `checkAuth`, with status, RFC 6750 challenge and the rules that failed. Outages are a rejection with
   * status 503, never an exception.
   *
   * @throws ConfigError
   * @throws ClaimsError when the policy binds tokens to the request and its body was read before
   */
  async authorize<Custom = unknown>(
    source: TokenSource,
    rules?: Policy<Custom>,
    options: AuthorizeOptions = NO_OPTIONS,
  ): Promise<Decision<Custom>> {
    const decision = await Kit.decide(this, source, rules, options)
    options.onDecision?.(decision)
    return decision
  }

  /** Synchronous for a token seen before, unless something has to be waited for. Outages are thrown. */
  #decide<Custom>(
    source: TokenSource,
    rules: Policy<Custom> | undefined,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    const credentials = readCredentials(source, this.#isKnown)
    if (credentials.kind === 'none') return denial(401, 'no_credentials', 'the request has no bearer token')
    if (credentials.kind === 'malformed') return denial(400, 'malformed_credentials', credentials.detail)
    const { token } = credentials
    const parts = partsOf(rules ?? policy())
    try {
      const verified = this.#verified(token, verifyOptionsOf(parts, options))
      return verified instanceof Promise
        ? verified.then((late) => this.#judge<Custom>(late, token, parts), rejectToken)
        : this.#judge(verified, token, parts)
    } catch (error) {
      return rejectToken(error)
    }
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
    this.#origins.set(auth, { token, claims: verified.claims })
    return auth
  }

  #conclude<Custom>(
    { passed, failed, auth }: Evaluated<Custom>,
    verified: Verified,
    token: string,
  ): Decision<Custom> {
    if (!passed) return denial(403, 'insufficient_rights', 'the policy does not grant this', failed)
    // A schema makes an Auth of its own.
    if (auth !== verified.auth) this.#origins.set(auth, { token, claims: verified.claims })
    return { granted: true, auth }
  }

  readonly #isKnown = (token: string): boolean => this.#verifier.knows(token)

  /** A new policy; the same as the function `policy`. */
  policy(): Policy {
    return policy()
  }

  /**
   * A token for the next hop: the same subject, this service as the new actor, rights never wider, life never
   * longer. Signed here when the kit has a key, else by the gateway's `Exchange` (RFC 8693 §4.1).
   *
   * @param auth a caller that this kit verified
   * @throws ClaimsError on any widening, and for an `Auth` that this kit did not make
   * @throws ConfigError when there is neither a key nor an exchange service
   */
  async delegate(auth: Auth, request: DelegationRequest): Promise<string> {
    const origin = this.#origins.get(auth)
    if (!origin) throw new ClaimsError('delegate takes the auth of a caller that this very kit verified')
    const { issuer, audiences, exchangeService, now } = this.#settings
    if (this.#ring) {
      const actor = { iss: issuer, sub: audiences[0] ?? issuer }
      const { claims, kitClaims } = delegateClaims(origin.claims, actor, request, this.#settings, now())
      return this.#issue(claims, kitClaims, { aud: request.aud })
    }
    if (exchangeService === undefined) {
      throw new ConfigError(
        'delegate needs a key to sign with (JWT_PRIVATE_JWK_NAME, or the option sign) or the gateway (JWT_EXCHANGE_SERVICE_NAME, or the option exchangeService)',
      )
    }
    return exchangeDelegate(exchangeService as Exchange, origin.token, request)
  }

  /** The public JWK Set: allow-listed members of every published slot. Empty for HS512. */
  async jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    const published = this.#ring ? await (await this.#ring()).published(this.#settings.now()) : []
    return { keys: published.map(({ jwk }) => jwk) }
  }

  /**
   * Puts a token, a subject or a key on the deny-list. It holds everywhere after about 90 s.
   *
   * @throws ConfigError without a KV binding
   * @throws ClaimsError for anything but one of the three
   */
  async revoke(revocation: Revocation): Promise<void> {
    if (!this.#denylist)
      throw new ConfigError('revoke needs a KV binding: set JWT_DENYLIST_NAME, or the option denylist')
    await this.#denylist.revoke(revocation)
  }

  /**
   * Mode, sources, keys, freshness and slots, for health pages. It fetches no JWKS.
   *
   * @throws ConfigError when configured keys are not usable, or cannot be read
   * @throws KeysUnavailableError when reading them from the Secrets Store takes too long
   */
  async describe(): Promise<KitDescription> {
    const { issuer, audiences, sign, verify, now } = this.#settings
    const ring = this.#ring && (await this.#ring())
    if (ring) await ring.published(now())
    return {
      issuer,
      audiences,
      sign: sign && ring && { mode: sign.alg, slots: ring.describe(now()) },
      verify: { mode: verify.alg, ...(await this.#source.describe()) },
    }
  }

  /**
   * As `authorize`, synchronous for most tokens seen before: a promise is a good part of what such a token costs.
   * @internal
   */
  static decide<Custom>(
    kit: Kit,
    source: TokenSource,
    rules: Policy<Custom> | undefined,
    options: AuthorizeOptions,
  ): Decision<Custom> | Promise<Decision<Custom>> {
    try {
      const decision = kit.#decide(source, rules, options)
      return decision instanceof Promise ? decision.catch(asOutage) : decision
    } catch (error) {
      return asOutage(error)
    }
  }

  /**
   * Issues a token with claims that `sign` rejects. Not for services: see `@sealgate/kit/gateway`.
   * @internal
   */
  static async issue(
    kit: Kit,
    claims: SignClaims,
    kitClaims: KitClaims,
    options: SignOptions,
  ): Promise<string> {
    const token = await kit.#issue(claims, kitClaims, options)
    return token
  }

  /**
   * The `kid` that signs now. See `@sealgate/kit/gateway`.
   * @internal
   */
  static async signingKid(kit: Kit): Promise<string | undefined> {
    if (!kit.#ring) throw noSigningKey()
    const ring = await kit.#ring()
    return (await ring.signer(kit.#settings.now())).kid
  }

  /**
   * Holds claims against the deny-list without a token of ours. See `@sealgate/kit/gateway`.
   * @internal
   */
  static checkRevoked(kit: Kit, claims: RevocableClaims): Promise<void> | undefined {
    return kit.#denylist?.check(claims, undefined)
  }
}

function noSigningKey(): ConfigError {
  return new ConfigError(
    'this kit has no key to sign with: set JWT_PRIVATE_JWK_NAME (EdDSA) or JWT_SECRET_NAME (HS512), or the option sign',
  )
}

/** What an `Auth` was made from. A schema may have changed the claims that the caller is shown, never these. */
interface Origin {
  readonly token: string
  readonly claims: VerifiedClaims
}

const NO_OPTIONS: AuthorizeOptions = Object.freeze({})

/** `undefined` when the policy and the caller ask for nothing special: the usual case, and the fast one. */
function verifyOptionsOf({ base }: PolicyParts, { request }: AuthorizeOptions): VerifyOptions | undefined {
  if (request) return { ...base, request }
  return base === NO_RULES.base ? undefined : base
}

type SecretRings = (values: readonly NamedValue[]) => Live<SecretRing>

/** One ring for one list of secrets: a kit that signs and verifies with the same ones never has two minds about them. */
function secretRings(settings: Settings): SecretRings {
  const rings = new Map<readonly NamedValue[], Live<SecretRing>>()
  return (values) => {
    const ring =
      rings.get(values) ?? live(values, (texts) => new SecretRing(texts, settings.onEvent), settings)
    rings.set(values, ring)
    return ring
  }
}

function ringOf({ alg, values }: SignKeys, settings: Settings, secretRing: SecretRings): Live<KeyRing> {
  return alg === 'HS512'
    ? secretRing(values)
    : live(
        values,
        (texts) =>
          new SlotRing(
            texts,
            slotTailSeconds(settings.maxTtlSeconds, settings.leewaySeconds),
            settings.onEvent,
          ),
        settings,
      )
}

function sourceOf(
  verify: VerifyKeys,
  settings: Settings,
  ring: Live<KeyRing> | undefined,
  secretRing: SecretRings,
): KeySource {
  const jwks = {
    ttlSeconds: settings.jwksTtlSeconds,
    maxStaleSeconds: settings.jwksMaxStaleSeconds,
    cooldownSeconds: settings.jwksCooldownSeconds,
    now: settings.now,
    onEvent: settings.onEvent,
  }
  switch (verify.kind) {
    case 'secret':
      return new SecretSource(secretRing(verify.values))
    case 'inline':
      return new InlineSource(verify.value, settings)
    case 'service':
      return new JwksSource({ ...jwks, kind: 'service', load: serviceLoader(verify.service) })
    case 'url':
      return new JwksSource({ ...jwks, kind: 'url', load: urlLoader(verify.url, settings.fetch) })
    case 'own':
      if (!ring) throw new ConfigError('there is no key of its own to verify with')
      return new OwnSource(ring, settings.now)
  }
}

function rejectToken(error: unknown): Denied {
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
