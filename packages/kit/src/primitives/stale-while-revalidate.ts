import { keepAlive as runtimeKeepAlive } from '#runtime'
import {
  BACKOFF_MAX_SECONDS,
  BACKOFF_MIN_SECONDS,
  LOAD_TIMEOUT_MS,
  WAITER_DEADLINE_MS,
} from '../constants.ts'
import { TIMED_OUT, withDeadline } from './deadline.ts'
import { KeysUnavailableError } from '../errors.ts'

/** How a value is loaded, and for how long it serves. */
export interface StaleWhileRevalidateOptions<T> {
  /**
   * Loads the value. `force` asks it to pass over caches on the way; the signal ends with the load's deadline.
   * What it throws is reported by its message, which must hold no secret.
   */
  readonly load: (force: boolean, signal: AbortSignal) => Promise<T>
  /**
   * A second place to look after a load has failed: a value and when it was fetched, from which its age counts.
   * What it throws counts as nothing found.
   */
  readonly fallback?: ((signal: AbortSignal) => Promise<Fetched<T> | undefined>) | undefined
  /** How long a value is fresh, in seconds. */
  readonly ttlSeconds: number
  /** The last part of the freshness in which it is refreshed in the background, in seconds. */
  readonly earlySeconds: number
  /** How long past its freshness the last good value serves while loads fail, in seconds. */
  readonly maxStaleSeconds: number
  /** Seconds since the epoch. */
  readonly now: () => number
  /** Receives what went wrong, and in how many seconds a load is tried again. */
  readonly onFailure?: (problem: string, retryInSeconds: number) => void
  /** Keeps a promise alive past its request; `undefined` where nothing can. Default: the runtime's. */
  readonly keepAlive?: ((promise: Promise<unknown>) => void) | undefined
  /** Spreads early refreshes over isolates. Default `Math.random`. */
  readonly random?: () => number
  /** How long one load may take. Default 5000 ms. */
  readonly loadTimeoutMs?: number
  /** How long a waiter trusts a load that another request started. Default 6000 ms. */
  readonly waiterDeadlineMs?: number
}

/** A value and when it was fetched. */
export interface Fetched<T> {
  readonly value: T
  /** When its load began, in seconds since the epoch. */
  readonly at: number
}

interface Loaded<T> extends Fetched<T> {
  /** True when it came past the caches on the way. */
  readonly isForced: boolean
  readonly refreshAt: number
}

interface Failure {
  readonly error: unknown
  readonly problem: string
  readonly retryAt: number
}

/** A load under way that others may wait for. */
interface InFlight<T> {
  readonly promise: Promise<T>
  readonly isForced: boolean
  /** When it began, in seconds since the epoch. */
  readonly at: number
}

/** How a value stands now, for health pages. */
export interface Freshness {
  readonly state: 'empty' | 'fresh' | 'stale' | 'expired'
  readonly ageSeconds: number | undefined
  /** What went wrong, when the last load failed. */
  readonly problem: string | undefined
}

/**
 * A value that is loaded when needed, refreshed early in the background, and kept for a bounded time while loads
 * fail (the table "JWKS cache" of docs/guides/concepts.md).
 *
 * Values are shared between requests. A pending promise is shared only while the runtime keeps it alive: on
 * workerd a request that ends takes its I/O with it, and whoever awaits that promise waits for good. Even then
 * each waiter has a deadline of its own.
 */
export class StaleWhileRevalidate<T> {
  readonly #options: StaleWhileRevalidateOptions<T>
  readonly #keepAlive: ((promise: Promise<unknown>) => void) | undefined
  #loaded: Loaded<T> | undefined
  #failure: Failure | undefined
  #failures = 0
  /** Loads are numbered as they start; of two results, the later started one counts. */
  #started = 0
  #settled = 0
  #inFlight: InFlight<T> | undefined

  constructor(options: StaleWhileRevalidateOptions<T>) {
    this.#options = options
    this.#keepAlive = 'keepAlive' in options ? options.keepAlive : runtimeKeepAlive
  }

  /** True when the last load failed. */
  get isFailing(): boolean {
    return this.#failure !== undefined
  }

  /** True while a load is under way that {@link join} would wait for. */
  get isLoading(): boolean {
    return this.#present() !== undefined
  }

  /** When the load of the present value began, in seconds since the epoch, and whether it passed over caches. */
  get lastLoad(): { readonly at: number; readonly isForced: boolean } | undefined {
    return this.#loaded
  }

  /** The value that is there, however old. */
  get last(): T | undefined {
    return this.#loaded?.value
  }

  /**
   * The value, synchronously when nothing has to be waited for.
   *
   * @param time now, from a caller who has just read the clock: reading it costs as much as the rest of a look-up
   * @throws KeysUnavailableError when there is none that may serve; its `cause` is the load's error
   */
  get(time: number = this.#options.now()): T | Promise<T> {
    const { ttlSeconds, maxStaleSeconds } = this.#options
    const loaded = this.#loaded
    const failure = this.#failure
    const isBackingOff = failure !== undefined && time < failure.retryAt
    if (!loaded) {
      if (isBackingOff) throw this.#unavailable(failure, time)
      return this.#loadOrServeLast()
    }
    if (time < loaded.refreshAt) return loaded.value
    if (time < loaded.at + ttlSeconds) {
      if (!isBackingOff) this.#refreshInBackground()
      return loaded.value
    }
    const mayServeStale = time < loaded.at + ttlSeconds + maxStaleSeconds
    if (failure && mayServeStale) {
      if (isBackingOff || this.#refreshInBackground()) return loaded.value
    } else if (isBackingOff) {
      throw this.#unavailable(failure, time)
    }
    return this.#loadOrServeLast()
  }

  /** Loads; if that fails, a value that may still serve is better than none, wherever it came from in the meantime. */
  async #loadOrServeLast(): Promise<T> {
    const { ttlSeconds, maxStaleSeconds, now } = this.#options
    try {
      return await this.#join(false)
    } catch (error) {
      const last = this.#loaded
      if (last && now() < last.at + ttlSeconds + maxStaleSeconds) return last.value
      throw error
    }
  }

  /**
   * Loads anew, past caches on the way. A load under way is joined only if it passes over them too.
   *
   * @throws KeysUnavailableError when that fails
   */
  refetch(): Promise<T> {
    return this.#join(true)
  }

  /**
   * Waits for the load under way, whichever it is; without one it loads.
   *
   * @throws KeysUnavailableError when that fails
   */
  join(): Promise<T> {
    return this.#join(false)
  }

  /** How the value stands now. */
  freshness(): Freshness {
    const { ttlSeconds, maxStaleSeconds, now } = this.#options
    const problem = this.#failure?.problem
    if (!this.#loaded) return { state: 'empty', ageSeconds: undefined, problem }
    const ageSeconds = Math.max(0, now() - this.#loaded.at)
    const state =
      ageSeconds < ttlSeconds ? 'fresh' : ageSeconds < ttlSeconds + maxStaleSeconds ? 'stale' : 'expired'
    return { state, ageSeconds, problem }
  }

  /** Returns `false` where no load can outlive the request that starts it. */
  #refreshInBackground(): boolean {
    if (!this.#keepAlive) return false
    if (!this.#present()) void this.#start(false).catch(() => undefined)
    return true
  }

  /** The load that others may wait for. One that is past every deadline died with its request. */
  #present(): InFlight<T> | undefined {
    const { waiterDeadlineMs = WAITER_DEADLINE_MS, now } = this.#options
    return this.#inFlight && now() < this.#inFlight.at + waiterDeadlineMs / 1000 ? this.#inFlight : undefined
  }

  async #join(force: boolean): Promise<T> {
    const inFlight = this.#present()
    if (!inFlight || (force && !inFlight.isForced)) return this.#start(force)
    const { waiterDeadlineMs = WAITER_DEADLINE_MS } = this.#options
    const outcome = await withDeadline(inFlight.promise, waiterDeadlineMs)
    if (outcome !== TIMED_OUT) return outcome
    // The first waiter whose patience ends starts anew, and the others join that.
    if (this.#inFlight === inFlight) this.#inFlight = undefined
    return this.#inFlight?.promise ?? this.#start(force)
  }

  #start(force: boolean): Promise<T> {
    const promise = this.#run(++this.#started, force)
    if (this.#keepAlive) {
      const inFlight = { promise, isForced: force, at: this.#options.now() }
      const end = (): void => {
        if (this.#inFlight === inFlight) this.#inFlight = undefined
      }
      this.#inFlight = inFlight
      this.#keepAlive(promise.then(end, end))
    }
    return promise
  }

  async #run(serial: number, force: boolean): Promise<T> {
    const { load, now, random = Math.random, ttlSeconds, earlySeconds } = this.#options
    const { loadTimeoutMs = LOAD_TIMEOUT_MS } = this.#options
    const at = now()
    const controller = new AbortController()
    let value: T | typeof TIMED_OUT
    try {
      value = await withDeadline(load(force, controller.signal), loadTimeoutMs, controller)
      if (value === TIMED_OUT) throw new Error(`no response within ${loadTimeoutMs / 1000} s`)
    } catch (error) {
      const failure = this.#failed(serial, error)
      await this.#fallBack(serial)
      throw failure
    }
    if (serial > this.#settled) {
      this.#settled = serial
      this.#failures = 0
      this.#failure = undefined
      this.#loaded = {
        value,
        at,
        isForced: force,
        refreshAt: at + ttlSeconds - earlySeconds * (0.5 + random() / 2),
      }
    }
    return value
  }

  /** Accepts a value from the second place, if it is younger than the one that is here. */
  async #fallBack(serial: number): Promise<void> {
    const { fallback, loadTimeoutMs = LOAD_TIMEOUT_MS } = this.#options
    if (!fallback) return
    const controller = new AbortController()
    const found = await withDeadline(fallback(controller.signal), loadTimeoutMs, controller).catch(
      () => undefined,
    )
    if (
      !found ||
      found === TIMED_OUT ||
      serial < this.#settled ||
      found.at <= (this.#loaded?.at ?? -Infinity)
    )
      return
    this.#loaded = { ...found, isForced: false, refreshAt: found.at }
  }

  #failed(serial: number, error: unknown): KeysUnavailableError {
    const { now, onFailure } = this.#options
    const problem = error instanceof Error ? error.message : 'it failed without an error'
    const pause = Math.min(BACKOFF_MAX_SECONDS, BACKOFF_MIN_SECONDS * 2 ** this.#failures)
    const time = now()
    const failure = { error, problem, retryAt: time + pause }
    if (serial > this.#settled) {
      this.#settled = serial
      this.#failures++
      this.#failure = failure
      onFailure?.(problem, pause)
    }
    return this.#unavailable(failure, time)
  }

  #unavailable({ error, problem, retryAt }: Failure, time: number): KeysUnavailableError {
    return new KeysUnavailableError(`the keys could not be loaded: ${problem}`, retryAt - time, {
      cause: error,
    })
  }
}
