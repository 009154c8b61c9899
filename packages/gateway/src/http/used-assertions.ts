import { BoundedMap } from '@sealgate/kit/gateway'

/** Assertions remembered for each client: more than its limit lets it send while one lives. */
const MAX_FOR_EACH = 10_000

/**
 * The assertions that one isolate has seen, each until it is rejected for its age (RFC 7523 §3). A client has room of its
 * own, so that none can make another's be forgotten.
 */
export class UsedAssertions {
  readonly #clients = new Map<string, BoundedMap<string, number>>()
  readonly #capacity: number

  /** @param capacity most entries for each client */
  constructor(capacity: number = MAX_FOR_EACH) {
    this.#capacity = capacity
  }

  /**
   * Remembers a use. `used`: it is not the first one. `full`: nothing that still counts may be forgotten for it.
   *
   * @param client a client that was authenticated
   * @param until seconds since the epoch
   * @param now seconds since the epoch
   */
  add(client: string, jti: string, until: number, now: number): 'first' | 'used' | 'full' {
    const used = this.#clients.get(client) ?? new BoundedMap<string, number>(this.#capacity)
    this.#clients.set(client, used)
    const known = used.get(jti)
    if (known !== undefined && known > now) return 'used'
    if (used.size >= this.#capacity) {
      const [oldest] = used.entries()
      if (oldest && oldest[1] > now) return 'full'
    }
    used.set(jti, until)
    return 'first'
  }

  /** Takes a use back. */
  forget(client: string, jti: string): void {
    this.#clients.get(client)?.delete(jti)
  }
}
