import { BoundedMap } from '@sealgate/kit/gateway'
import type { Issued } from './issue.ts'

/** Tokens kept at most, in the memory of one isolate. */
const MAX_TOKENS = 1000

/** A token is not used again once this part of its lifetime is all that is left. */
const LEFT = 0.1

interface Kept {
  readonly issued: Issued
  /** Seconds since the epoch. */
  readonly until: number
}

/**
 * Issued tokens, used again while the same caller takes the same route: a signature a request is most of what
 * forwarding costs. The key holds the whole subject token and whatever else went into the exchange, so that a hit can
 * only be the token that issuing anew would return. To be looked up after the subject token was verified, never before.
 */
export class IssuedTokenCache {
  readonly #kept = new BoundedMap<string, Kept>(MAX_TOKENS)

  /** @param now seconds since the epoch */
  get(key: string, now: number): Issued | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    if (kept.until > now) return kept.issued
    this.#kept.delete(key)
    return undefined
  }

  set(key: string, issued: Issued, now: number): void {
    this.#kept.set(key, { issued, until: now + issued.expiresIn * (1 - LEFT) })
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }

  get size(): number {
    return this.#kept.size
  }
}
