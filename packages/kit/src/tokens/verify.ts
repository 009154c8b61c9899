import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8 } from '../primitives/utf8.ts'
import { BoundedMap } from '../primitives/bounded-map.ts'
import { checkClaims, type Expectation } from '../claims/checks.ts'
import type { VerifiedClaims } from '../claims/types.ts'
import { type CompactHeader, type CompactJws, CompactReader } from '../jose/compact.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import { HEADER_CACHE_ENTRIES, MAX_TOKEN_BYTES } from '../constants.ts'
import { missingPart, TokenError, type TokenReason } from '../errors.ts'
import { deepFreeze } from '../primitives/deep-freeze.ts'
import type { LoadedKey, VerificationKey } from '../keys/verification-key.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { CheckBinding } from './request-binding.ts'
import { type SignatureVerdict, VerdictCache } from './verdict-cache.ts'
import {
  AS_ISSUED,
  checkOverrides,
  type InternalVerifyOptions as VerifyOptions,
  REQUEST_TYP,
} from './verify-options.ts'

/** What the verifier needs of a kit's settings. */
export interface VerifySettings {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly leewaySeconds: number
  readonly maxTtlSeconds: number
  readonly typ: string
  /** RFC 7638 thumbprints of the only keys that count; empty: all of the source's. */
  readonly allowedThumbprints: ReadonlySet<string>
  readonly deniedThumbprints: ReadonlySet<string>
  readonly tokenCacheEntries: number
  readonly now: () => number
}

/** A token that passed every check. */
export interface Verified extends SignatureVerdict {
  readonly claims: VerifiedClaims
}

type Keys = readonly VerificationKey[]

/** One token on its way through the keys. */
interface Attempt {
  readonly token: string
  readonly header: CompactHeader
  /** The token, taken apart before its key was looked up. */
  readonly read: CompactJws | undefined
  readonly options: VerifyOptions | undefined
}

/** Why no key was good. */
const PROBLEMS = {
  unsupported_alg: 'the key is for another alg',
  denied_key: 'the key is denied, or is not among the allowed ones',
  bad_signature: 'the signature does not match',
} satisfies Partial<Record<TokenReason, string>>

type Problem = keyof typeof PROBLEMS

/** Asks the deny-list. Throws TokenError `revoked` or RevocationUnavailableError. */
export type CheckRevocation = (
  claims: VerifiedClaims,
  thumbprint: string | undefined,
) => Promise<void> | undefined

/** Verifies tokens: every check of docs/reference/security.md, the cheapest first, each time, whatever is cached. */
export class TokenVerifier {
  readonly #algorithm: Algorithm
  readonly #source: KeySource
  readonly #settings: VerifySettings
  readonly #checkRevocation: CheckRevocation
  readonly #checkBinding: CheckBinding | undefined
  readonly #reader: CompactReader
  /** Headers of tokens that verified, by their encoded form. Parsing one costs as much as an HMAC. */
  readonly #headers = new BoundedMap<string, CompactHeader>(HEADER_CACHE_ENTRIES)
  readonly #verdicts: VerdictCache

  constructor(
    algorithm: Algorithm,
    source: KeySource,
    settings: VerifySettings,
    checkRevocation: CheckRevocation = () => undefined,
    checkBinding?: CheckBinding,
  ) {
    this.#algorithm = algorithm
    this.#source = source
    this.#settings = settings
    this.#checkRevocation = checkRevocation
    this.#checkBinding = checkBinding
    this.#reader = new CompactReader(MAX_TOKEN_BYTES, (encoded) => this.#headers.get(encoded))
    this.#verdicts = new VerdictCache(settings.tokenCacheEntries)
  }

  /**
   * Synchronous for a token seen before, unless keys, a bound request or the deny-list have to be waited for.
   *
   * @throws TokenError with the reason
   * @throws KeysUnavailableError, RevocationUnavailableError for outages
   * @throws ConfigError for options out of range
   */
  verify(token: string, options?: VerifyOptions): Verified | Promise<Verified> {
    if (options) this.#checkOptions(options)
    const known = this.#verdicts.get(token)
    if (!known) {
      const jws = this.#reader.read(token)
      this.#checkHeader(jws.header, options)
      const { header } = jws
      return this.#verifySignature({ token, header, read: jws, options }, this.#source.find(header.kid))
    }
    this.#checkHeader(known.header, options)
    const keys = this.#source.find(known.header.kid)
    return !(keys instanceof Promise) && keys.includes(known.key)
      ? this.#checkVerdict(known, options)
      : this.#verifyAgain(token, known, keys, options)
  }

  /** @throws ConfigError */
  #checkOptions(options: VerifyOptions): void {
    checkOverrides(options)
    if (options.request && !this.#checkBinding) throw missingPart('bound requests', 'boundRequests')
  }

  /** For a token seen before, whose key may be withdrawn by now. */
  async #verifyAgain(
    token: string,
    known: SignatureVerdict,
    found: Keys | Promise<Keys>,
    options: VerifyOptions | undefined,
  ): Promise<Verified> {
    const keys = await found
    return keys.includes(known.key)
      ? this.#checkVerdict(known, options)
      : this.#verifySignature({ token, header: known.header, read: undefined, options }, keys)
  }

  /** All that is checked once the signature is good: claims, binding to a request, revocation. */
  #checkVerdict(verdict: SignatureVerdict, options: VerifyOptions | undefined): Verified | Promise<Verified> {
    const { iat } = verdict.claims
    // What is no time is rejected before it is compared.
    const now = options?.[AS_ISSUED] && typeof iat === 'number' ? iat : this.#settings.now()
    checkClaims(verdict.claims, this.#expectationOf(options), now)
    const verified = brand(verdict)
    const { req } = verified.claims
    const request = options?.request
    if (req !== undefined || request) {
      // What cannot be checked is rejected.
      if (!this.#checkBinding) throw new TokenError('request_mismatch', 'it is bound to a request')
      return this.#checkBinding(req, request).then(() => this.#checkRevoked(verified))
    }
    return this.#checkRevoked(verified)
  }

  #checkRevoked(verified: Verified): Verified | Promise<Verified> {
    const revocation = this.#checkRevocation(verified.claims, verified.thumbprint)
    return revocation ? revocation.then(() => verified) : verified
  }

  #expectationOf(options: VerifyOptions | undefined): Expectation {
    const settings = this.#settings
    if (!options) return settings
    const { iss, aud, leewaySeconds } = options
    return {
      issuer: iss ?? settings.issuer,
      audiences: aud === undefined ? settings.audiences : [aud].flat(),
      leewaySeconds: leewaySeconds ?? settings.leewaySeconds,
      maxTtlSeconds: settings.maxTtlSeconds,
    }
  }

  #checkHeader({ alg, typ }: CompactHeader, options: VerifyOptions | undefined): void {
    const expectedTyp = options?.typ ?? (options?.request ? REQUEST_TYP : this.#settings.typ)
    if (!this.#algorithm.names.includes(alg)) {
      throw new TokenError('unsupported_alg', `this kit accepts ${this.#algorithm.alg} alone`)
    }
    // RFC 8725bis §3.11: `JWT` may be left out, a more telling type may not.
    if (typ === undefined ? expectedTyp !== 'JWT' : typ !== expectedTyp) {
      throw new TokenError('wrong_type', 'the header has another typ')
    }
  }

  #verifySignature(attempt: Attempt, found: Keys | Promise<Keys>): Verified | Promise<Verified> {
    return found instanceof Promise
      ? found.then((keys) => this.#tryKey(attempt, keys, 0))
      : this.#tryKey(attempt, found, 0)
  }

  /**
   * Tries the key at this index and those after it. Synchronous as far as the runtime is: once a key is loaded, Node makes no
   * promise.
   *
   * @param problem what to say when no key is left
   */
  #tryKey(
    attempt: Attempt,
    keys: Keys,
    index: number,
    problem: Problem = 'unsupported_alg',
  ): Verified | Promise<Verified> {
    const key = keys[index]
    if (!key) throw new TokenError(problem, PROBLEMS[problem])
    const { token, header, read } = attempt
    if (!key.algs.includes(header.alg)) return this.#tryKey(attempt, keys, index + 1, problem)
    const loaded = key.load()
    if (loaded instanceof Promise) return loaded.then(() => this.#tryKey(attempt, keys, index, problem))
    if (this.#isDenied(loaded)) return this.#tryKey(attempt, keys, index + 1, 'denied_key')
    // The buffers are shared by all verifications of this kit, and a look-up may run others, even in one turn.
    const { signature, signingInput, payload, encodedHeader } =
      read && this.#reader.holds(read) ? read : this.#reader.read(token)
    const isWhole = signature.length === this.#algorithm.signatureBytes
    // Nobody needs the buffers after this turn.
    const verifying = isWhole && loaded.verify(signature, signingInput)
    const text = decodeUtf8(payload)
    const conclude = (isGood: boolean): Verified | Promise<Verified> =>
      isGood
        ? this.#accept(attempt, key, loaded, encodedHeader, text)
        : this.#tryKey(attempt, keys, index + 1, problem === 'denied_key' ? problem : 'bad_signature')
    return verifying instanceof Promise ? verifying.then(conclude) : conclude(verifying)
  }

  /** The signature is good: what is left to check is what it signs. */
  #accept(
    { token, header, options }: Attempt,
    key: VerificationKey,
    { thumbprint }: LoadedKey,
    encodedHeader: string,
    text: string | null,
  ): Verified | Promise<Verified> {
    const claims = parseJsonObject(text)
    if (!claims) throw new TokenError('malformed', 'the payload is not a JSON object in UTF-8')
    if (!this.#headers.has(encodedHeader)) this.#headers.set(encodedHeader, deepFreeze(header))
    const verdict: SignatureVerdict = { key, thumbprint, header, claims: deepFreeze(claims) }
    this.#verdicts.set(token, verdict)
    return this.#checkVerdict(verdict, options)
  }

  #isDenied({ thumbprint }: LoadedKey): boolean {
    if (thumbprint === undefined) return false
    const { allowedThumbprints, deniedThumbprints } = this.#settings
    return (
      deniedThumbprints.has(thumbprint) ||
      (allowedThumbprints.size > 0 && !allowedThumbprints.has(thumbprint))
    )
  }
}

/** Only what passed every check comes here. */
function brand(verdict: SignatureVerdict): Verified {
  return verdict as Verified
}
