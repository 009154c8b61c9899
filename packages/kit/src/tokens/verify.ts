import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8 } from '../primitives/utf8.ts'
import { BoundedMap } from '../primitives/bounded-map.ts'
import { checkClaims, type Expectation } from '../claims/checks.ts'
import type { VerifiedClaims } from '../claims/types.ts'
import { type CompactHeader, type CompactJws, CompactReader } from '../jose/compact.ts'
import type { Algorithm } from '../jose/algorithms.ts'
import { HEADER_CACHE_ENTRIES, MAX_TOKEN_BYTES } from '../constants.ts'
import { TokenError } from '../errors.ts'
import { deepFreeze } from '../primitives/deep-freeze.ts'
import type { LoadedKey, VerificationKey } from '../keys/verification-key.ts'
import type { KeySource } from '../keys/key-source.ts'
import { hashRequest } from './request-hash.ts'
import { type SignatureVerdict, VerdictCache } from './verdict-cache.ts'
import { checkOverrides, type VerifyOptions } from './verify-options.ts'
import { REQUEST_TYP } from './sign.ts'

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
  readonly #reader: CompactReader
  /** Headers of tokens that verified, by their encoded form. Parsing one costs as much as an HMAC. */
  readonly #headers = new BoundedMap<string, CompactHeader>(HEADER_CACHE_ENTRIES)
  readonly #verdicts: VerdictCache

  constructor(
    algorithm: Algorithm,
    source: KeySource,
    settings: VerifySettings,
    checkRevocation: CheckRevocation = () => undefined,
  ) {
    this.#algorithm = algorithm
    this.#source = source
    this.#settings = settings
    this.#checkRevocation = checkRevocation
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
    if (options) checkOverrides(options)
    const known = this.#verdicts.get(token)
    if (!known) {
      const jws = this.#reader.read(token)
      this.#checkHeader(jws.header, options)
      return this.#verifySignature(token, jws.header, jws, this.#source.find(jws.header.kid), options)
    }
    this.#checkHeader(known.header, options)
    const keys = this.#source.find(known.header.kid)
    return !(keys instanceof Promise) && keys.includes(known.key)
      ? this.#checkVerdict(known, options)
      : this.#verifyAgain(token, known, keys, options)
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
      : this.#verifySignature(token, known.header, undefined, keys, options)
  }

  /** All that is checked once the signature is good: claims, binding to a request, revocation. */
  #checkVerdict(verdict: SignatureVerdict, options: VerifyOptions | undefined): Verified | Promise<Verified> {
    checkClaims(verdict.claims, this.#expectationOf(options), this.#settings.now())
    const verified = brand(verdict)
    const { req } = verified.claims
    if (req !== undefined || options?.request) {
      return checkBinding(req, options?.request).then(() => this.#checkRevoked(verified))
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

  /** @param read the token, taken apart before its key was looked up */
  async #verifySignature(
    token: string,
    header: CompactHeader,
    read: CompactJws | undefined,
    found: Keys | Promise<Keys>,
    options: VerifyOptions | undefined,
  ): Promise<Verified> {
    let denied = false
    const keys = found instanceof Promise ? await found : found
    const fitting = keys.filter(({ algs }) => algs.includes(header.alg))
    if (fitting.length === 0) throw new TokenError('unsupported_alg', 'the key is for another alg')
    for (const key of fitting) {
      let loaded = key.load()
      if (loaded instanceof Promise) loaded = await loaded
      if (this.#isDenied(loaded)) {
        denied = true
        continue
      }
      // The buffers are shared by all verifications of this kit, and a look-up may run others, even in one turn.
      const jws = read && this.#reader.holds(read) ? read : this.#reader.read(token)
      const { signature, signingInput, payload, encodedHeader } = jws
      if (signature.length !== this.#algorithm.signatureBytes) break
      // Nobody needs the buffers after this turn.
      const verifying = loaded.verify(signature, signingInput)
      const text = decodeUtf8(payload)
      if (!(verifying instanceof Promise ? await verifying : verifying)) continue
      const claims = parseJsonObject(text)
      if (!claims) throw new TokenError('malformed', 'the payload is not a JSON object in UTF-8')
      if (!this.#headers.has(encodedHeader)) this.#headers.set(encodedHeader, deepFreeze(header))
      const { thumbprint } = loaded
      const verdict: SignatureVerdict = { key, thumbprint, header, claims: deepFreeze(claims) }
      this.#verdicts.set(token, verdict)
      return this.#checkVerdict(verdict, options)
    }
    if (denied) throw new TokenError('denied_key', 'the key is denied, or is not among the allowed ones')
    throw new TokenError('bad_signature', 'the signature does not match')
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

async function checkBinding(req: string | undefined, request: Request | undefined): Promise<void> {
  if (req === undefined || !request) {
    throw new TokenError(
      'request_mismatch',
      req === undefined ? 'it is bound to no request' : 'it is bound to a request',
    )
  }
  // The hash is no secret: anybody who sees the request can compute it. A body too large for a hash matches none.
  if ((await hashRequest(request)) !== req)
    throw new TokenError('request_mismatch', 'it is bound to another request')
}

/** Only what passed every check comes here. */
function brand(verdict: SignatureVerdict): Verified {
  return verdict as Verified
}
