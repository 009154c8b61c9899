/** Lines that one request to Datadog carries. Its limit is 1,000. */
const BATCH_LINES = 100

/** Lines that wait at most; what comes on top is dropped and counted. */
const MAX_LINES = 1000

const TIMEOUT_MS = 5000

/** A run that has not ended after this time died with its request. */
const RUN_MS = 20_000

export interface DatadogOptions {
  readonly apiKey: string
  /** For example `datadoghq.com`, `datadoghq.eu`. */
  readonly site: string
  /** Keeps the isolate's request alive until a promise settles. */
  readonly waitUntil: (promise: Promise<unknown>) => void
  readonly tags: string
  readonly fetch?: typeof fetch
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/**
 * Ships log lines to Datadog in batches, after the response went out. Bounded: when Datadog is slow or down, lines are
 * dropped and counted, and requests go on.
 */
export class Datadog {
  readonly #options: DatadogOptions
  #lines: object[] = []
  #dropped = 0
  #runSince = 0

  constructor(options: DatadogOptions) {
    this.#options = options
  }

  /** Lines that were dropped since the last batch that arrived. */
  get dropped(): number {
    return this.#dropped
  }

  add(line: object): void {
    const now = (this.#options.now ?? Date.now)()
    if (this.#lines.length >= MAX_LINES) {
      this.#dropped++
      return
    }
    this.#lines.push({ ddsource: 'sealgate', ddtags: this.#options.tags, timestamp: now, ...line })
    // Only plain values are shared between requests, never a pending promise of another request.
    if (now - this.#runSince < RUN_MS) return
    this.#runSince = now
    this.#options.waitUntil(
      this.#run().finally(() => {
        this.#runSince = 0
      }),
    )
  }

  async #run(): Promise<void> {
    // The lines of whatever else is being handled right now go into the same batch.
    await new Promise((resolve) => setTimeout(resolve, 50))
    while (this.#lines.length > 0) {
      const batch = this.#lines.splice(0, BATCH_LINES)
      const dropped = this.#dropped
      const report = dropped > 0 ? [{ ddsource: 'sealgate', event: 'log_lines_dropped', dropped }] : []
      if (await this.#send([...batch, ...report])) {
        this.#dropped -= dropped
      } else {
        this.#dropped += batch.length
        return
      }
    }
  }

  async #send(lines: readonly object[]): Promise<boolean> {
    const { apiKey, site, fetch: send = fetch } = this.#options
    try {
      const response = await send(`https://http-intake.logs.${site}/api/v2/logs`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'DD-API-KEY': apiKey },
        body: JSON.stringify(lines),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }
}
