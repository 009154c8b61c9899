import type { CompactHeader } from '../compact.ts'
import { TOKEN_CACHE_MAX_BYTES } from '../constants.ts'
import type { VerificationKey } from '../keys/key.ts'

/** That a signature is good, and the key that said so. Nothing about time, audience or revocation. */
export interface SignatureVerdict {
  readonly key: VerificationKey
  readonly header: CompactHeader
  /** Deeply frozen. */
  readonly payload: Readonly<Record<string, unknown>>
}

interface Entry {
  readonly verdict: SignatureVerdict
  /** Hit since the hand passed last: one more round before it goes. */
  hit: boolean
}

/**
 * Signatures that verified, by the whole token string: no part of a token stands for the rest. Bounded; what
 * was not asked for lately goes first (CLOCK: a hit sets a bit and moves nothing).
 */
export class VerdictCache {
  readonly #capacity: number
  readonly #entries = new Map<string, Entry>()

  /** @param capacity most entries kept; 0 keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(token: string): SignatureVerdict | undefined {
    const entry = this.#entries.get(token)
    if (!entry) return undefined
    entry.hit = true
    return entry.verdict
  }

  set(token: string, verdict: SignatureVerdict): void {
    if (this.#capacity === 0 || token.length > TOKEN_CACHE_MAX_BYTES) return
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size < this.#capacity) break
      this.#entries.delete(oldest)
      if (entry.hit) this.#entries.set(oldest, { verdict: entry.verdict, hit: false })
    }
    this.#entries.set(token, { verdict, hit: false })
  }

  delete(token: string): void {
    this.#entries.delete(token)
  }

  get size(): number {
    return this.#entries.size
  }
}
