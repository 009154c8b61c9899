import type { Pseudonyms } from '@sealgate/kit/gateway'
import { equalInConstantTime } from '../http/constant-time.ts'
import { encodeUtf8 } from '../observability/utf8.ts'

/** A new nonce each minute, in seconds: those of one minute are the same. */
const STEP_SECONDS = 60

/** How long a nonce counts, in seconds, from the minute on in which it was made. */
const NONCE_SECONDS = 300

/** With less of its time left, a client is given the next, in seconds (RFC 9449 §8.2). */
const RENEW_SECONDS = 120

/** What became of the nonce of a proof: `next` is what the client is to use from now on, where that is another. */
export interface NonceVerdict {
  readonly ok: boolean
  readonly next: string | undefined
}

/**
 * Nonces for DPoP proofs (RFC 9449 §8): a time and a keyed hash of it, so that nothing is kept, and all isolates with one
 * key take each other's.
 */
export class DpopNonces {
  readonly #hash: (text: string) => Promise<string>
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(pseudonyms: Pseudonyms, now: () => number) {
    this.#hash = (text) => pseudonyms.of('dpop', text)
    this.#now = now
  }

  async check(nonce: string | undefined): Promise<NonceVerdict> {
    const now = this.#now()
    const current = Math.floor(now / STEP_SECONDS) * STEP_SECONDS
    const madeAt = await this.#timeOf(nonce)
    // Another isolate’s clock may be a little ahead.
    const ok = madeAt !== undefined && madeAt <= current + STEP_SECONDS && now - madeAt < NONCE_SECONDS
    const isFresh = ok && now - madeAt < NONCE_SECONDS - RENEW_SECONDS
    return { ok, next: isFresh ? undefined : await this.#of(current) }
  }

  async #timeOf(nonce: string | undefined): Promise<number | undefined> {
    const [, time = ''] = /^(\d{1,12})\.[0-9a-f]{32}$/.exec(nonce ?? '') ?? []
    if (nonce === undefined || time === '') return undefined
    const made = Number(time)
    return equalInConstantTime(encodeUtf8(nonce), encodeUtf8(await this.#of(made))) ? made : undefined
  }

  async #of(time: number): Promise<string> {
    return `${time}.${await this.#hash(String(time))}`
  }
}
