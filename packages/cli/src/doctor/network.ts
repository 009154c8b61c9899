/** What these checks use of the world. */
export interface Network {
  readonly fetch: typeof fetch
  /** Seconds since the epoch, by this machine's clock. */
  readonly now: () => number
}
