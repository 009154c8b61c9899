import { sha256 } from '../jose/sha256.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { BoundedMap } from '../primitives/bounded-map.ts'
import type { VerifiedClaims } from '../claims/types.ts'
import {
  DENYLIST_CACHE_ENTRIES,
  DENYLIST_CACHE_SECONDS,
  DENYLIST_MARGIN_SECONDS,
  DENYLIST_SUBJECT_TTL_SECONDS,
  DENYLIST_TIMEOUT_MS,
} from '../constants.ts'
import { TIMED_OUT, withDeadline } from '../primitives/deadline.ts'
import { ClaimsError, RevocationUnavailableError, TokenError } from '../errors.ts'
import type { OnEvent } from '../primitives/events.ts'

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
export type RevocableClaims = Pick<VerifiedClaims, 'sub' | 'iat' | 'jti' | 'auth_iat'>

export interface DenylistSettings {
  readonly issuer: string
  readonly onError: 'closed' | 'open'
  readonly maxTtlSeconds: number
  readonly now: () => number
  readonly onEvent: OnEvent
}

interface Remembered {
  /** Seconds since the epoch up to which it is revoked; `undefined` when it is not on the list. */
  readonly before: number | undefined
  readonly until: number
}

/**
 * The deny-list in KV (docs/reference/runtime.md). Key: `rev:{sha256(iss)}:{kind}:{sha256(value)}`, value:
 * `{ "before": seconds }`. One bulk read requests `jti`, `sub` and thumbprint together; each response is
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
    let befores: readonly (number | undefined)[]
    try {
      befores = await this.#read(names)
    } catch {
      const problem = 'the deny-list could not be read'
      this.#settings.onEvent({ type: 'denylist_failed', level: 'error', problem })
      if (this.#settings.onError === 'closed') throw new RevocationUnavailableError(problem, 5)
      befores = names.map((name) => this.#remembered.get(name)?.before)
    }
    names.forEach((name, index) => {
      rejectRevoked(name, befores[index], claims)
    })
  }

  /** For each name, the time up to which it is revoked. */
  async #read(names: readonly string[]): Promise<readonly (number | undefined)[]> {
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
   * @throws ClaimsError when it is not one of the three
   */
  async revoke(revocation: Revocation): Promise<void> {
    const [[kind, value] = [], ...others] = Object.entries(revocation)
    if (!isKind(kind) || typeof value !== 'string' || value === '' || others.length > 0) {
      throw new ClaimsError('revoke accepts one of { jti }, { sub } or { thumbprint }, a non-empty string')
    }
    const { issuer, maxTtlSeconds, now } = this.#settings
    const name = `${kind}:${value}`
    const before = Math.floor(now())
    const least = kind === 'sub' ? DENYLIST_SUBJECT_TTL_SECONDS : 0
    const expirationTtl = Math.max(least, maxTtlSeconds + DENYLIST_MARGIN_SECONDS)
    await this.#store.put(await storeKey(issuer, name), JSON.stringify({ before }), { expirationTtl })
    this.#remembered.set(name, { before, until: before + DENYLIST_CACHE_SECONDS })
  }
}

/** @param before the time up to which the name is revoked; `undefined` when it is not on the list */
function rejectRevoked(name: string, before: number | undefined, claims: RevocableClaims): void {
  if (before === undefined) return
  if (!name.startsWith('sub:') || (claims.auth_iat ?? claims.iat) <= before) {
    throw new TokenError('revoked', `its ${name.slice(0, name.indexOf(':'))} is on the deny-list`)
  }
}

function namesOf(claims: RevocableClaims, thumbprint: string | undefined): readonly string[] {
  const names = [`sub:${claims.sub}`]
  if (claims.jti !== undefined) names.push(`jti:${claims.jti}`)
  if (thumbprint !== undefined) names.push(`thumbprint:${thumbprint}`)
  return names
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
