import { sha256 } from '../jose/sha256.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { BoundedMap } from '../primitives/bounded-map.ts'
import type { VerifiedClaims } from '../claims/types.ts'
import {
  DENYLIST_CACHE_ENTRIES,
  DENYLIST_CACHE_SECONDS,
  DENYLIST_KEY_TTL_SECONDS,
  DENYLIST_MARGIN_SECONDS,
  DENYLIST_SUBJECT_TTL_SECONDS,
  DENYLIST_TIMEOUT_MS,
  KV_MAX_BULK_KEYS,
  MAX_ACTOR_DEPTH,
} from '../constants.ts'
import { TIMED_OUT, withDeadline } from '../primitives/deadline.ts'
import { ClaimsError, RevocationUnavailableError, TokenError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'

/** The part of a KV namespace that the deny-list needs. */
export interface DenylistStore {
  /** Bulk read: a map from key to value, `null` for keys that are not there. */
  get(keys: string[], options: { type: 'json'; cacheTtl?: number }): Promise<Map<string, unknown>>
  /** Writes one entry that ends after `expirationTtl` seconds. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** What can be revoked: one token, everything of a subject up to now, or everything that a key signed. */
export type Revocation = { readonly jti: string } | { readonly sub: string } | { readonly thumbprint: string }

type RevocationKind = 'jti' | 'sub' | 'thumbprint'

/** The claims that the deny-list looks at. */
export interface RevocableClaims extends Pick<VerifiedClaims, 'sub' | 'iat' | 'jti' | 'auth_iat'> {
  /** The chain of actors (RFC 8693 §4.1): a token ends with each of them. */
  readonly act?: unknown
}

/** What can be on the list: a token's claims, and the RFC 7638 thumbprint of the key that signed it. */
export interface Revocable {
  readonly claims: RevocableClaims
  readonly thumbprint?: string | undefined
}

export interface DenylistSettings {
  readonly issuer: string
  readonly onError: 'closed' | 'open'
  readonly maxTtlSeconds: number
  readonly now: () => number
  readonly onEvent: Report
}

interface Remembered {
  /** Seconds since the epoch up to which it is revoked; `undefined` when it is not on the list. */
  readonly before: number | undefined
  readonly until: number
}

/**
 * The deny-list in KV (docs/reference/runtime.md). Key: `rev:{sha256(iss)}:{kind}:{sha256(value)}`, value:
 * `{ "before": seconds }`. One bulk read requests `jti`, `sub`, actors and thumbprint together; each response is
 * remembered for 30 s.
 */
export class Denylist {
  readonly #store: DenylistStore
  readonly #settings: DenylistSettings
  readonly #remembered = new BoundedMap<string, Remembered>(DENYLIST_CACHE_ENTRIES)

  constructor(store: DenylistStore, settings: DenylistSettings) {
    this.#store = store
    this.#settings = settings
  }

  /**
   * Synchronous (returns `undefined`) when all verdicts are remembered.
   *
   * @throws TokenError `revoked`
   * @throws RevocationUnavailableError when the list cannot be read and `onError` is `closed`
   */
  check(claims: RevocableClaims, thumbprint: string | undefined): Promise<void> | undefined {
    const now = this.#settings.now()
    const unknown: string[] = []
    for (const name of namesOf(claims, thumbprint)) {
      const verdict = this.#remembered.get(name)
      // At once: while the others are read, the cache may forget this one.
      if (verdict && verdict.until > now) rejectRevoked(name, verdict.before, claims)
      else unknown.push(name)
    }
    return unknown.length > 0 ? this.#checkAfterRead(unknown, claims) : undefined
  }

  async #checkAfterRead(names: readonly string[], claims: RevocableClaims): Promise<void> {
    const befores = await this.#readOrRemembered(names)
    names.forEach((name, index) => {
      rejectRevoked(name, befores[index], claims)
    })
  }

  /**
   * Whether it is known here, without a read, that this is revoked. For code that cannot wait. A verdict that has run out
   * still counts: only a new one lifts it.
   */
  isKnownRevoked({ claims, thumbprint }: Revocable): boolean {
    return namesOf(claims, thumbprint).some((name) =>
      isRevoked(name, this.#remembered.get(name)?.before, claims),
    )
  }

  /**
   * Those of many that are revoked, by the list as it is now, whatever is remembered: for what is open for long.
   *
   * @throws RevocationUnavailableError when the list cannot be read and `onError` is `closed`
   */
  async findRevoked<One extends Revocable>(all: readonly One[]): Promise<ReadonlySet<One>> {
    const namesOfEach = all.map((one) => [one, namesOf(one.claims, one.thumbprint)] as const)
    const names = [...new Set(namesOfEach.flatMap(([, own]) => own))]
    const befores = await this.#readOrRemembered(names)
    const beforeOfName = new Map(names.map((name, index) => [name, befores[index]]))
    const revoked = namesOfEach.filter(([one, own]) =>
      own.some((name) => isRevoked(name, beforeOfName.get(name), one.claims)),
    )
    return new Set(revoked.map(([one]) => one))
  }

  /** For each name, the time up to which it is revoked; of a list that cannot be read, what `onError` says. */
  async #readOrRemembered(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    try {
      return await this.#read(names)
    } catch {
      const detail = 'the deny-list could not be read'
      this.#settings.onEvent({ event: 'denylist_failed', level: 'error', detail })
      if (this.#settings.onError === 'closed') throw new RevocationUnavailableError(detail, 5)
      return names.map((name) => this.#remembered.get(name)?.before)
    }
  }

  async #read(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    const befores: (number | undefined)[] = []
    for (let start = 0; start < names.length; start += KV_MAX_BULK_KEYS) {
      befores.push(...(await this.#readBulk(names.slice(start, start + KV_MAX_BULK_KEYS))))
    }
    return befores
  }

  async #readBulk(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    const keys = await Promise.all(names.map((name) => storeKey(this.#settings.issuer, name)))
    const entries = await withDeadline(this.#store.get(keys, { type: 'json' }), DENYLIST_TIMEOUT_MS)
    if (entries === TIMED_OUT) throw new Error('the deny-list did not respond in time')
    const until = this.#settings.now() + DENYLIST_CACHE_SECONDS
    return names.map((name, index) => {
      const entry = entries.get(keys[index] ?? '')
      // An entry that cannot be read was still put there to reject.
      const before = entry === null || entry === undefined ? undefined : beforeOf(entry)
      this.#remembered.set(name, { before, until })
      return before
    })
  }

  /**
   * Puts something on the list. It holds everywhere after about 90 s (KV's minute and the 30 s above).
   *
   * @param leastSeconds how long a subject or a token stays on it at least. Default 31 days
   * @throws ClaimsError when it is not one of the three
   */
  async revoke(revocation: Revocation, leastSeconds: number = DENYLIST_SUBJECT_TTL_SECONDS): Promise<void> {
    const [[kind, value] = [], ...others] = Object.entries(revocation)
    if (!isKind(kind) || typeof value !== 'string' || value === '' || others.length > 0) {
      throw new ClaimsError('revoke accepts one of { jti }, { sub } or { thumbprint }, a non-empty string')
    }
    const { issuer, maxTtlSeconds, now } = this.#settings
    const name = `${kind}:${value}`
    const before = Math.floor(now())
    const least = kind === 'thumbprint' ? DENYLIST_KEY_TTL_SECONDS : leastSeconds
    const expirationTtl = Math.max(least, maxTtlSeconds + DENYLIST_MARGIN_SECONDS)
    await this.#store.put(await storeKey(issuer, name), JSON.stringify({ before }), { expirationTtl })
    this.#remembered.set(name, { before, until: before + DENYLIST_CACHE_SECONDS })
  }
}

/**
 * A subject is revoked up to a time, whether the token is its own or it acts in it; a token or a key is for good.
 *
 * @param before the time up to which the name is revoked; `undefined` when it is not on the list
 */
function isRevoked(name: string, before: number | undefined, claims: RevocableClaims): boolean {
  if (before === undefined) return false
  return !name.startsWith('sub:') || (claims.auth_iat ?? claims.iat) <= before
}

function rejectRevoked(name: string, before: number | undefined, claims: RevocableClaims): void {
  if (!isRevoked(name, before, claims)) return
  const kind = name.slice(0, name.indexOf(':'))
  const what = kind === 'sub' && name !== `sub:${claims.sub}` ? 'the sub of an actor' : `its ${kind}`
  throw new TokenError('revoked', `${what} is on the deny-list`)
}

function namesOf(claims: RevocableClaims, thumbprint: string | undefined): readonly string[] {
  const names = [`sub:${claims.sub}`]
  if (claims.jti !== undefined) names.push(`jti:${claims.jti}`)
  if (thumbprint !== undefined) names.push(`thumbprint:${thumbprint}`)
  if (claims.act !== undefined) addActors(names, claims.act)
  return names
}

/**
 * Who acts, and who acted before, by `sub` whoever named them: the gateway passes on the names that Auth0 gives, and a
 * revocation names a `sub` alone. A longer chain than the kit accepts is not looked at to its end.
 */
function addActors(names: string[], act: unknown): void {
  for (let link = act, depth = 0; isObject(link) && depth < MAX_ACTOR_DEPTH; link = link.act, depth++) {
    if (typeof link.sub === 'string') names.push(`sub:${link.sub}`)
  }
}

function isKind(kind: string | undefined): kind is RevocationKind {
  return kind === 'jti' || kind === 'sub' || kind === 'thumbprint'
}

function beforeOf(entry: unknown): number {
  return isObject(entry) && typeof entry.before === 'number' && Number.isFinite(entry.before)
    ? entry.before
    : Infinity
}

async function storeKey(issuer: string, name: string): Promise<string> {
  const separator = name.indexOf(':')
  return `rev:${await sha256(encodeUtf8(issuer))}:${name.slice(0, separator)}:${await sha256(encodeUtf8(name.slice(separator + 1)))}`
}
