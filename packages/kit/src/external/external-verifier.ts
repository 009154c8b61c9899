import { readNumber } from '../config/values.ts'
import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8 } from '../primitives/utf8.ts'
import { checkRegisteredClaims, type Expectation } from '../claims/checks.ts'
import type { RegisteredClaims } from '../claims/types.ts'
import { type CompactHeader, CompactReader } from '../jose/compact.ts'
import {
  DEFAULT_LEEWAY_SECONDS,
  JWKS_COOLDOWN_SECONDS,
  JWKS_MAX_STALE_SECONDS,
  JWKS_TTL_SECONDS,
  MAX_LEEWAY_SECONDS,
  TOKEN_CACHE_ENTRIES,
} from '../constants.ts'
import { ConfigError, TokenError, type TokenReason } from '../errors.ts'
import type { LogLevel } from '../log/line-types.ts'
import { Logger, type OnEvent } from '../log/logger.ts'
import { isJwksUrl, urlLoader } from '../keys/fetch-jwks.ts'
import { JwksCache } from '../keys/jwks-source.ts'
import type { SourceDescription } from '../keys/key-source.ts'
import type { ExternalAlg } from './algorithms.ts'
import { deepFreeze } from '../primitives/deep-freeze.ts'
import { VerdictCache } from '../tokens/verdict-cache.ts'
import { checkAlgorithms, checkSignature, readExternal } from './signature.ts'
import { type ExternalKey, parseExternalJwk } from './key.ts'
import { type JwksStore, StoredJwks } from './store.ts'

/** What an external verifier is made of. */
export interface ExternalVerifierConfig {
  /** Compared exactly, with or without its trailing slash as the issuer writes it. */
  readonly issuer: string
  /** A token must carry one of them. */
  readonly audience: string | readonly string[]
  /** https, or http on loopback. */
  readonly jwksUri: string
  /** The algorithms that count: what the issuer signs with, and no more. */
  readonly algorithms: readonly ExternalAlg[]
  /**
   * `typ` headers that count; a missing one counts as `JWT`. Compared as media types (RFC 7515 §4.1.9).
   * Default `JWT` and `at+jwt`.
   */
  readonly typ?: readonly string[]
  /** Clock tolerance in seconds, 0–300. Default 90. */
  readonly leewaySeconds?: number
  /** Verified tokens kept; 0 turns the cache off. At most 100,000. Default 1000. */
  readonly tokenCacheEntries?: number
  /** KV namespace that keeps the JWKS for when the issuer cannot be reached. */
  readonly jwksStore?: JwksStore
  readonly jwksCache?: {
    /** Default 300. */
    readonly ttlSeconds?: number
    /** How long past freshness the last good set serves in an outage. Default 900. */
    readonly maxStaleSeconds?: number
    /** At most one refetch for unknown `kid`s in this time. Default 30. */
    readonly cooldownSeconds?: number
  }
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Receives lines of events, for the whole isolate. */
  readonly onEvent?: OnEvent
  /** From which level on lines are logged. Default `info`. */
  readonly logLevel?: LogLevel
  /** @internal Writes in place of one of its own. */
  readonly logger?: Logger
  /** @internal What the claims of a good signature are, before any is checked: for issuers that leave a required one empty. */
  readonly readClaims?: (claims: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

/** What one call expects in place of the configuration. */
export interface ExternalVerifyOptions {
  /** A token must carry one of them. Default: those of the configuration. */
  readonly audience?: string | readonly string[] | undefined
}

/** The outcome of `safeVerify`. `detail` is for logs. */
export type ExternalResult =
  | { readonly ok: true; readonly claims: RegisteredClaims; readonly header: CompactHeader }
  | { readonly ok: false; readonly reason: TokenReason; readonly detail: string }

/** That a signature is good, and the key that said so. Nothing about time or audience. */
interface ExternalVerdict {
  readonly key: ExternalKey
  readonly header: CompactHeader
  /** Deeply frozen. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** Verifies access or ID tokens of one other issuer. Made by `createExternalVerifier`. */
export class ExternalVerifier {
  readonly #expected: Expectation
  readonly #algorithms: ReadonlySet<ExternalAlg>
  readonly #types: ReadonlySet<string>
  readonly #keys: JwksCache<ExternalKey>
  readonly #reader = new CompactReader()
  readonly #verdicts: VerdictCache<ExternalVerdict>
  readonly #now: () => number
  readonly #readClaims: NonNullable<ExternalVerifierConfig['readClaims']>

  /** @throws ConfigError naming the option */
  constructor(config: ExternalVerifierConfig) {
    const { jwksUri, jwksStore, jwksCache = {}, typ = ['JWT', 'at+jwt'] } = config
    const issuer = checkName(config.issuer, 'issuer')
    const audiences = audiencesOf(config.audience)
    if (typeof jwksUri !== 'string' || !isJwksUrl(jwksUri)) {
      throw new ConfigError('jwksUri must be an https URL without credentials (http only on loopback)')
    }
    const leewaySeconds = readNumber(
      config.leewaySeconds,
      'leewaySeconds',
      DEFAULT_LEEWAY_SECONDS,
      0,
      MAX_LEEWAY_SECONDS,
    )
    this.#verdicts = new VerdictCache(
      readNumber(config.tokenCacheEntries, 'tokenCacheEntries', TOKEN_CACHE_ENTRIES, 0, 100_000),
    )
    const now = config.now ?? (() => Date.now() / 1000)
    const { onEvent, logLevel: level = 'info', logger = new Logger({ level, onEvent, now }) } = config
    const { ttlSeconds, maxStaleSeconds, cooldownSeconds } = readCacheTimes(jwksCache)
    const load = urlLoader(jwksUri, config.fetch ?? ((input, init) => fetch(input, init)))
    const stored = jwksStore && new StoredJwks(jwksStore, issuer, jwksUri, ttlSeconds + maxStaleSeconds, now)
    this.#expected = { issuer, audiences, leewaySeconds, maxTtlSeconds: Infinity }
    this.#algorithms = checkAlgorithms(config.algorithms)
    this.#types = new Set(checkTypes(typ))
    this.#now = now
    this.#readClaims = config.readClaims ?? ((claims) => claims)
    this.#keys = new JwksCache(
      {
        source: 'url',
        load: stored ? stored.keeping(load) : load,
        ...(stored && { fallback: () => stored.read() }),
        ttlSeconds,
        maxStaleSeconds,
        cooldownSeconds,
        now,
        onEvent: logger.event,
      },
      parseExternalJwk,
      this.#algorithms,
    )
  }

  /**
   * Verifies a token and returns its claims, or `null` for anything wrong with the token.
   *
   * @throws KeysUnavailableError when the issuer's keys cannot be had: no verdict on the token
   */
  async verify(token: string, options?: ExternalVerifyOptions): Promise<RegisteredClaims | null> {
    const result = await this.safeVerify(token, options)
    return result.ok ? result.claims : null
  }

  /** As `verify`, with the reason. */
  async safeVerify(token: string, { audience }: ExternalVerifyOptions = {}): Promise<ExternalResult> {
    const expected =
      audience === undefined ? this.#expected : { ...this.#expected, audiences: audiencesOf(audience) }
    try {
      return { ok: true, ...(await this.#verified(token, expected)) }
    } catch (error) {
      if (error instanceof TokenError) return { ok: false, reason: error.reason, detail: error.detail }
      throw error
    }
  }

  /**
   * Verifies `typ` and signature, and none of the claims: for JWTs that name no subject, as logout tokens may not.
   *
   * @internal
   * @throws KeysUnavailableError
   */
  async safeVerifySignature(
    token: string,
  ): Promise<
    | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly reason: TokenReason }
  > {
    try {
      return { ok: true, claims: (await this.#read(token)).claims }
    } catch (error) {
      if (error instanceof TokenError) return { ok: false, reason: error.reason }
      throw error
    }
  }

  async #verified(
    token: string,
    expected: Expectation,
  ): Promise<{ claims: RegisteredClaims; header: CompactHeader }> {
    if (typeof token !== 'string') throw new TokenError('malformed', 'the token is not a string')
    const verdict = (await this.#known(token)) ?? (await this.#read(token))
    return {
      claims: checkRegisteredClaims(verdict.claims, expected, this.#now()),
      header: verdict.header,
    }
  }

  /** The verdict on a token seen before, while its key counts: keys are asked as for a new one. */
  async #known(token: string): Promise<ExternalVerdict | undefined> {
    const known = this.#verdicts.get(token)
    if (!known) return undefined
    const found = this.#keys.find(known.header.kid)
    const keys = found instanceof Promise ? await found : found
    return keys.includes(known.key) ? known : undefined
  }

  async #read(token: string): Promise<ExternalVerdict> {
    const { header, alg } = readExternal(token, this.#algorithms, this.#reader)
    if (!this.#types.has(mediaType(header.typ ?? 'JWT'))) {
      throw new TokenError('wrong_type', 'the header has another typ')
    }
    const { payload, key } = await checkSignature(token, alg, await this.#keys.find(header.kid))
    const claims = parseJsonObject(decodeUtf8(payload))
    if (!claims) throw new TokenError('malformed', 'the payload is not a JSON object in UTF-8')
    const verdict = { key, header: deepFreeze(header), claims: deepFreeze(this.#readClaims(claims)) }
    this.#verdicts.set(token, verdict)
    return verdict
  }

  /** Keys and freshness, for health pages. */
  describe(): SourceDescription {
    return this.#keys.describe()
  }
}

/** @throws ConfigError naming the option */
function audiencesOf(audience: ExternalVerifierConfig['audience']): readonly string[] {
  const audiences = [audience].flat().map((one) => checkName(one, 'audience'))
  if (audiences.length === 0) throw new ConfigError('audience names nobody: give at least one')
  return audiences
}

/** RFC 7515 §4.1.9: compared without case, and `application/` may be left out. */
function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '')
}

type CacheTimes = NonNullable<ExternalVerifierConfig['jwksCache']>

/** The bounds are those of a kit's own JWKS cache. */
function readCacheTimes({ ttlSeconds, maxStaleSeconds, cooldownSeconds }: CacheTimes): Required<CacheTimes> {
  return {
    ttlSeconds: readNumber(ttlSeconds, 'jwksCache.ttlSeconds', JWKS_TTL_SECONDS, 1, 86_400),
    maxStaleSeconds: readNumber(
      maxStaleSeconds,
      'jwksCache.maxStaleSeconds',
      JWKS_MAX_STALE_SECONDS,
      0,
      86_400,
    ),
    cooldownSeconds: readNumber(cooldownSeconds, 'jwksCache.cooldownSeconds', JWKS_COOLDOWN_SECONDS, 1, 3600),
  }
}

function checkTypes(typ: unknown): readonly string[] {
  if (!Array.isArray(typ) || typ.length === 0)
    throw new ConfigError('typ must list media types, for example at+jwt')
  return typ.map((one) => mediaType(checkName(one, 'typ')))
}

function checkName(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigError(`${name} must be a non-empty string`)
}
