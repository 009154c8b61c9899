/** Proofs remembered for each key: forty a second for as long as one counts. */
const MAX_FOR_EACH = 5000

/** Proofs remembered in all: some 10 MB. */
const MAX_IN_ALL = 50_000

/**
 * The proofs that one isolate has seen, each until it is rejected for its age (RFC 9449 §11.1). None that still counts is
 * ever forgotten for another: what does not fit is not taken.
 */
export class UsedProofs {
  /** In the order in which they came, which is about that of their ends. */
  readonly #ends = new Map<string, { readonly jkt: string; readonly until: number }>()
  readonly #counts = new Map<string, number>()
  readonly #forEach: number
  readonly #inAll: number

  constructor(forEach: number = MAX_FOR_EACH, inAll: number = MAX_IN_ALL) {
    this.#forEach = forEach
    this.#inAll = inAll
  }

  /**
   * Remembers a use. `used`: it is not the first one. `full`: it cannot be remembered.
   *
   * @param jkt of a key that a verified token is bound to: nobody else has room here
   * @param until seconds since the epoch
   * @param now seconds since the epoch
   */
  add(jkt: string, jti: string, until: number, now: number): 'first' | 'used' | 'full' {
    this.#dropOver(now)
    const name = `${jkt} ${jti}`
    if (this.#ends.has(name)) return 'used'
    const count = this.#counts.get(jkt) ?? 0
    if (count >= this.#forEach || this.#ends.size >= this.#inAll) return 'full'
    this.#ends.set(name, { jkt, until })
    this.#counts.set(jkt, count + 1)
    return 'first'
  }

  /** Up to the first that still counts: what ended behind it waits for two minutes at most. */
  #dropOver(now: number): void {
    for (const [name, { jkt, until }] of this.#ends) {
      if (until >= now) return
      this.#ends.delete(name)
      const count = (this.#counts.get(jkt) ?? 1) - 1
      if (count === 0) this.#counts.delete(jkt)
      else this.#counts.set(jkt, count)
    }
  }
}
