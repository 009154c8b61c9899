import { evictOldest } from './bounded.ts'

/** Auth0's brute-force protection blocks after this many failures in a row of one user from one address. */
export const MAX_FAILURES = 10
/** How long a block lasts here. At Auth0 it lasts until somebody lifts it. */
const BLOCK_SECONDS = 900
const MAX_ENTRIES = 10_000

/** Failures in a row. */
export interface Failures {
  readonly count: number
  /** Seconds since the epoch. */
  readonly resetAt: number
}

/** Counts failed logins for each pair of user and address. */
export class LoginAttempts {
  readonly #failures = new Map<string, Failures>()

  /** The state of one pair. `now` in seconds. */
  of(email: string, ip: string, now: number): Failures {
    const found = this.#failures.get(keyOf(email, ip))
    return found === undefined || found.resetAt <= now ? { count: 0, resetAt: now + BLOCK_SECONDS } : found
  }

  isBlocked(email: string, ip: string, now: number): boolean {
    return this.of(email, ip, now).count >= MAX_FAILURES
  }

  fail(email: string, ip: string, now: number): void {
    const { count } = this.of(email, ip, now)
    const key = keyOf(email, ip)
    this.#failures.delete(key)
    this.#failures.set(key, { count: count + 1, resetAt: now + BLOCK_SECONDS })
    evictOldest(this.#failures, MAX_ENTRIES)
  }

  succeed(email: string, ip: string): void {
    this.#failures.delete(keyOf(email, ip))
  }

  clear(): void {
    this.#failures.clear()
  }
}

const keyOf = (email: string, ip: string): string => `${ip} ${email.toLowerCase()}`
