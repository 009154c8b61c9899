/**
 * A map that never holds more than `capacity` entries: what was set longest ago goes first. Setting a key again makes
 * it the newest; reading changes nothing.
 */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #capacity: number

  /** @param capacity most entries kept; 0 keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Entries kept now. */
  get size(): number {
    return this.#entries.size
  }

  /** The value of a key, if it is kept. */
  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** Whether a key is kept. */
  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  /** Stores a value, and returns the value that had to go for it, if any. */
  set(key: Key, value: Value): Value | undefined {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return undefined
    for (const [oldest, evicted] of this.#entries) {
      this.#entries.delete(oldest)
      return evicted
    }
    return undefined
  }

  /** Forgets a key; `false` when it was not kept. */
  delete(key: Key): boolean {
    return this.#entries.delete(key)
  }

  /** Every entry, the oldest first. */
  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries()
  }
}
