import type { Auth } from '../claims/types.ts'
import type { CompactHeader } from '../jose/compact.ts'
import { TOKEN_CACHE_MAX_BYTES } from '../constants.ts'
import type { VerificationKey } from '../keys/verification-key.ts'

/** That a signature is good, and the key that said so. Nothing about time, audience or revocation. */
export interface SignatureVerdict {
  readonly key: VerificationKey
  /** Of the key, RFC 7638. `undefined` for secrets. */
  readonly thumbprint: string | undefined
  readonly header: CompactHeader
  /** Deeply frozen. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The caller, once it was requested: frozen claims stand for the same one each time. */
  auth?: Auth
}

interface Entry<Verdict> {
  readonly token: string
  readonly verdict: Verdict
  /** Where it stands in the ring. */
  readonly place: number
  /** Hit since the hand passed last: one more round before it goes. */
  hit: boolean
}

/** Of 5 characters: as many bits as a small integer has, of a signature, which nobody chooses. */
const DIGEST_CHARACTERS = 5

/**
 * Signatures that verified, by the whole token string: no part of a token stands for the rest. Bounded; what
 * was not looked up lately goes first (CLOCK: a hit sets a bit and moves nothing).
 *
 * An entry is found by some characters of the signature, and counts only if the whole token is equal: to hash a new
 * string of 700 characters can take longer than all other checks of a token seen before.
 */
export class VerdictCache<Verdict = SignatureVerdict> {
  readonly #capacity: number
  /** By the digest of the token. Of two that share one, the later is kept. */
  readonly #entries = new Map<number, Entry<Verdict>>()
  /** The same entries in a ring: the hand finds the next to go without walking the map. */
  readonly #ring: Entry<Verdict>[] = []
  #hand = 0

  /** @param capacity most entries kept; 0 keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(token: string): Verdict | undefined {
    const entry = this.#entries.get(digestOf(token))
    if (entry?.token !== token) return undefined
    entry.hit = true
    return entry.verdict
  }

  set(token: string, verdict: Verdict): void {
    if (this.#capacity === 0 || token.length > TOKEN_CACHE_MAX_BYTES) return
    const digest = digestOf(token)
    const place = this.#entries.get(digest)?.place ?? this.#freePlace()
    const entry = { token, verdict, place, hit: false }
    this.#ring[place] = entry
    this.#entries.set(digest, entry)
  }

  /** The next place that is free, or, when all are taken, that of the first entry that was not hit for a round. */
  #freePlace(): number {
    for (;;) {
      const place = this.#hand
      this.#hand = (place + 1) % this.#capacity
      const entry = this.#ring[place]
      if (!entry?.hit) {
        if (entry) this.#entries.delete(digestOf(entry.token))
        return place
      }
      entry.hit = false
    }
  }
}

/** A number from the end of a token. The last character is left out: two of its six bits are always zero. */
function digestOf(token: string): number {
  let digest = 0
  const end = token.length - 1
  for (let index = end - DIGEST_CHARACTERS; index < end; index++) {
    digest = ((digest << 6) ^ token.charCodeAt(index)) & 0x3fffffff
  }
  return digest
}
