import { BoundedMap } from '../primitives/bounded-map.ts'
import { JWKS_EARLY_SECONDS, JWKS_MAX_KEYS, JWKS_NEGATIVE_KIDS } from '../constants.ts'
import { KeysUnavailableError, TokenError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'
import type { JwksLoader } from './fetch-jwks.ts'
import type { VerificationKey } from './verification-key.ts'
import { identityOf, keysByKid, type KeySet, type SetKey } from './key-set.ts'
import { parsePublicJwk } from './public-jwk.ts'
import {
  type Fetched,
  StaleWhileRevalidate,
  type StaleWhileRevalidateOptions,
} from '../primitives/stale-while-revalidate.ts'
import type { KeySource, SourceDescription } from './key-source.ts'

export interface JwksSourceOptions extends Pick<
  StaleWhileRevalidateOptions<never>,
  'keepAlive' | 'random' | 'loadTimeoutMs' | 'waiterDeadlineMs'
> {
  readonly source: 'service' | 'url'
  readonly load: JwksLoader
  /** Looks in a second place for a set and when it was fetched, after a fetch has failed. */
  readonly fallback?: (signal: AbortSignal) => Promise<Fetched<Readonly<Record<string, unknown>>> | undefined>
  /** How long a set is fresh, in seconds. */
  readonly ttlSeconds: number
  /** How long past that the last good set serves while fetches fail, in seconds. */
  readonly maxStaleSeconds: number
  /** At most one refetch for unknown `kid`s in this time, in seconds. */
  readonly cooldownSeconds: number
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly onEvent: Report
}

export type ParsedKey<Key> =
  | { readonly ok: true; readonly key: Key }
  | { readonly ok: false; readonly kid: string | undefined; readonly problem: string }

/** The keys of a JWKS, fetched and cached by the rules of docs/guides/concepts.md, "JWKS cache". */
export class JwksCache<Key extends SetKey> {
  readonly #options: JwksSourceOptions
  readonly #set: StaleWhileRevalidate<KeySet<Key>>
  /** When the last refetch for an unknown `kid` began. */
  #refetchedAt = -Infinity
  /** `kid`s that a fetch did not bring, and until when that is believed. */
  readonly #absent = new BoundedMap<string, number>(JWKS_NEGATIVE_KIDS)

  /**
   * @param parse reads one JWK of the set
   * @param algorithms those that count, if not all do
   */
  constructor(
    options: JwksSourceOptions,
    parse: (jwk: unknown) => ParsedKey<Key>,
    algorithms?: ReadonlySet<string>,
  ) {
    this.#options = options
    const read = (set: Readonly<Record<string, unknown>>): ReadSet<Key> =>
      readKeySet(set, parse, algorithms, this.#set.last)
    const { load, fallback, onEvent, ttlSeconds } = options
    this.#set = new StaleWhileRevalidate({
      ...options,
      earlySeconds: Math.min(JWKS_EARLY_SECONDS, ttlSeconds / 10),
      load: async (force, signal) => {
        const { keys, skipped } = read(await load(force, signal))
        for (const { kid, problem } of skipped)
          onEvent({ event: 'key_skipped', level: 'error', kid, detail: problem })
        onEvent({ event: 'jwks_refreshed', level: 'debug', keys: keys.size })
        return keys
      },
      fallback:
        fallback &&
        (async (signal) => {
          const found = await fallback(signal)
          return found && { value: read(found.value).keys, at: found.at }
        }),
      onFailure: (detail, retryInSeconds) => {
        onEvent({ event: 'jwks_failed', level: 'error', detail, retry_in_seconds: retryInSeconds })
      },
    })
  }

  /**
   * The keys under a `kid`: synchronous when nothing has to be loaded.
   *
   * @throws TokenError `missing_kid`, `unknown_kid`
   * @throws KeysUnavailableError when the keys cannot be had now
   */
  find(kid: string | undefined): readonly Key[] | Promise<readonly Key[]> {
    if (kid === undefined) throw new TokenError('missing_kid', 'the header has no kid')
    const since = this.#options.now()
    const set = this.#set.get(since)
    if (set instanceof Promise) return set.then((loaded) => loaded.get(kid) ?? this.#findAnew(kid, since))
    return set.get(kid) ?? this.#findAnew(kid, since)
  }

  /** For a `kid` that the set does not have: fetches again, within the cooldown, and says what that means. */
  async #findAnew(kid: string, since: number): Promise<readonly Key[]> {
    const { now, cooldownSeconds, source } = this.#options
    const time = now()
    const load = this.#set.lastLoad
    // Behind a URL an HTTP cache may have responded, with a set from before the kid; a binding has none in between.
    const isJustLoaded = load !== undefined && load.at >= since && (load.isForced || source === 'service')
    const isKnownAbsent = (this.#absent.get(kid) ?? -Infinity) > time
    const isCoolingDown = time < this.#refetchedAt + cooldownSeconds
    // A fetch that is under way may bring the kid: joining it costs nothing, and rejecting now would be a guess.
    const mayAsk = !isCoolingDown || this.#set.isLoading
    if (!isJustLoaded && !isKnownAbsent && mayAsk) {
      if (!isCoolingDown) this.#refetchedAt = time
      const isGoodEnough = this.#set.isLoading && (isCoolingDown || source === 'service')
      const found = (await (isGoodEnough ? this.#set.join() : this.#set.refetch())).get(kid)
      if (found) return found
      this.#absent.set(kid, time + cooldownSeconds)
    } else if (isJustLoaded) {
      this.#absent.set(kid, time + cooldownSeconds)
    }
    // While nothing can be fetched, or nothing is published, absence says nothing about the token.
    if (this.#set.isFailing || this.#set.last?.size === 0) {
      throw new KeysUnavailableError(
        this.#set.isFailing
          ? 'no key has this kid, and the last fetch of the JWKS failed'
          : 'the JWKS is empty: nothing verifies',
        this.#refetchedAt + cooldownSeconds - time,
      )
    }
    throw new TokenError('unknown_kid', 'no key has this kid')
  }

  describe(): SourceDescription {
    const { state, ageSeconds, problem } = this.#set.freshness()
    return {
      source: this.#options.source,
      kids: [...(this.#set.last?.keys() ?? [])],
      state,
      ...(ageSeconds !== undefined && { ageSeconds }),
      ...(problem !== undefined && { problem }),
    }
  }
}

/** The internal keys of a gateway's JWKS. */
export class JwksSource extends JwksCache<VerificationKey> implements KeySource {
  /** @param needsThumbprints default `true` */
  constructor(options: JwksSourceOptions, needsThumbprints?: boolean) {
    super(options, (jwk) => parsePublicJwk(jwk, needsThumbprints))
  }
}

interface Skipped {
  readonly kid: string | undefined
  readonly problem: string
}

interface ReadSet<Key> {
  readonly keys: KeySet<Key>
  readonly skipped: readonly Skipped[]
}

/**
 * Reads a JWK Set (RFC 7517 §5): keys that are unusable or ambiguous are skipped, the rest serve. Keys that did not change
 * keep their object, and with it the imported key and the tokens it verified.
 *
 * @throws Error when it is no JWK Set, or has keys but none that is usable
 */
function readKeySet<Key extends SetKey>(
  set: Readonly<Record<string, unknown>>,
  parse: (jwk: unknown) => ParsedKey<Key>,
  algorithms: ReadonlySet<string> | undefined,
  last: KeySet<Key> | undefined,
): ReadSet<Key> {
  const { keys: jwks } = set
  if (!Array.isArray(jwks)) throw new Error('the JWKS has no keys array')
  if (jwks.length > JWKS_MAX_KEYS) throw new Error(`the JWKS has more than ${JWKS_MAX_KEYS} keys`)
  const skipped: Skipped[] = []
  const known = new Map([...(last?.values() ?? [])].flat().map((key) => [identityOf(key), key]))
  const parsed: Key[] = []
  for (const jwk of jwks as readonly unknown[]) {
    const result = parse(jwk)
    if (!result.ok) skipped.push({ kid: result.kid, problem: result.problem })
    else if (result.key.kid === undefined) skipped.push({ kid: undefined, problem: 'it has no kid' })
    else parsed.push(known.get(identityOf(result.key)) ?? result.key)
  }
  const { usable, ambiguous } = keysByKid(parsed, algorithms)
  for (const { kid } of ambiguous)
    skipped.push({ kid, problem: 'several keys have this kid: none of them is used' })
  const [first] = skipped
  if (first && usable.size === 0) throw new Error(`the JWKS has no usable key: ${first.problem}`)
  return { keys: usable, skipped }
}
