import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from 'oidc-provider'

/** How an answer goes wrong. */
export type Failure =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'html'; readonly status: number }
  /** The request is carried out, and its response loses its second half. */
  | { readonly kind: 'truncated' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'reset' }

interface Fault {
  readonly delayMs?: number
  readonly failure?: Failure
}

const EVERYWHERE = '*'
/** No test waits longer for a slow tenant. */
const MAX_DELAY_MS = 60_000
/** Tests count the requests of a handful of paths; more are not told apart. */
const MAX_COUNTED_PATHS = 100

/** The switches that make the tenant misbehave, and the count of requests that it has seen. */
export class Faults {
  readonly #faults = new Map<string, Fault>()
  readonly #requests = new Map<string, number>()

  /** @throws RangeError when `ms` is not between 0 and 60,000 */
  slow(ms: number, path = EVERYWHERE): void {
    if (!(ms >= 0 && ms <= MAX_DELAY_MS)) throw new RangeError(`ms must be between 0 and ${MAX_DELAY_MS}`)
    this.#faults.set(path, { ...this.#faults.get(path), delayMs: ms })
  }

  /** @throws RangeError when a status is not between 200 and 599 */
  fail(failure: Failure, path = EVERYWHERE): void {
    if ('status' in failure && !(failure.status >= 200 && failure.status <= 599)) {
      throw new RangeError('status must be between 200 and 599')
    }
    this.#faults.set(path, { ...this.#faults.get(path), failure })
  }

  clear(): void {
    this.#faults.clear()
    this.#requests.clear()
  }

  /** How often a path was requested, or all of them together. */
  requests(path?: string): number {
    if (path !== undefined) return this.#requests.get(path) ?? 0
    return [...this.#requests.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Koa middleware: counts the request, then does to it what the switches say. */
  async apply(ctx: Context, next: () => Promise<void>): Promise<void> {
    this.#count(ctx.path)
    const { delayMs, failure } = { ...this.#faults.get(EVERYWHERE), ...this.#faults.get(ctx.path) }
    // Without a reference, so that a closed tenant does not keep its process alive.
    if (delayMs !== undefined) await delay(delayMs, undefined, { ref: false })
    if (failure === undefined) return next()
    return BROKEN[failure.kind](ctx, next, 'status' in failure ? failure.status : 200)
  }

  #count(path: string): void {
    const counted = this.#requests.has(path) || this.#requests.size < MAX_COUNTED_PATHS ? path : 'others'
    this.#requests.set(counted, (this.#requests.get(counted) ?? 0) + 1)
  }
}

type Break = (ctx: Context, next: () => Promise<void>, status: number) => Promise<void> | void

const BROKEN: Record<Failure['kind'], Break> = {
  status: (ctx, _next, status) => {
    ctx.status = status
    ctx.body = { error: 'temporarily_unavailable', error_description: 'The service is not available.' }
  },
  html: (ctx, _next, status) => {
    ctx.status = status
    ctx.type = 'html'
    ctx.body = '<!doctype html><title>Maintenance</title><p>We will be back soon.</p>'
  },
  truncated: async (ctx, next) => {
    await next()
    if (typeof ctx.body !== 'object' || ctx.body === null) return
    const { status, type } = ctx
    const whole = JSON.stringify(ctx.body)
    ctx.body = whole.slice(0, Math.floor(whole.length / 2))
    ctx.status = status
    ctx.type = type
  },
  reset: (ctx) => {
    ctx.respond = false
    ctx.req.socket.destroy()
  },
}
