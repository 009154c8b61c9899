import { keepAlive } from '#runtime'
import { TIMED_OUT, withDeadline } from '../../primitives/deadline.ts'
import { readBounded } from '../../primitives/read-bounded.ts'
import { decodeUtf8, encodeUtf8 } from '../../primitives/utf8.ts'
import type { LogLine } from '../line-types.ts'
import type { Sink, SinkDropped } from '../sink.ts'
import {
  BATCH_BYTES,
  BATCH_LINES,
  DELAY_MS,
  MAX_BYTES,
  MAX_LINES,
  MAX_RESPONSE_BYTES,
  MAX_RETRY_AFTER_SECONDS,
  MAX_RUN_MS,
  PAUSE_MS,
  SEND_MS,
  TIMEOUT_MS,
} from './bounds.ts'

/** Where batches go, and as what. */
export interface Destination {
  /** `sink` of the events about it. */
  readonly name: string
  readonly url: string
  /** By names in lower case. Read for each batch: a secret of a Secrets Store may change. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  /** The body of a batch. `now` in milliseconds since the epoch. */
  readonly encode: (lines: readonly LogLine[], now: number) => string
  /** How many lines a response of success says were not taken. Default: none. */
  readonly rejected?: (response: string) => number
}

/** What a test gives. */
export interface SinkRuntime {
  /** Sends batches. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Waits so many milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>
  /** Keeps what goes on after a response alive. Default: the runtime’s. */
  readonly waitUntil?: (promise: Promise<unknown>) => void
}

interface Waiting {
  readonly line: LogLine
  readonly bytes: number
}

/** What a request does for the lines of all. Plain values alone are shared: never a promise of another request. */
interface Run {
  readonly since: number
  /** Lines that it is sending: lost, if it dies with its request. */
  sending: number
}

/**
 * Sends lines in batches, after responses went out. No request waits for it. What is too much, too slow or rejected is dropped
 * and counted: the count goes to the log, and with the next batch to the destination.
 */
export class BatchingSink implements Sink {
  readonly #destination: Destination
  readonly #report: (event: SinkDropped) => void
  readonly #fetch: typeof fetch
  readonly #now: () => number
  readonly #sleep: (milliseconds: number) => Promise<unknown>
  readonly #keepAlive: ((promise: Promise<unknown>) => void) | undefined
  #waiting: Waiting[] = []
  #bytes = 0
  #run: Run | undefined
  /** After a failure. */
  #quietUntil = 0
  /** Lines that the destination was not told of. */
  #dropped = 0
  /** Lines that the log was not told of. */
  #unreported = 0
  #why = ''

  constructor(
    destination: Destination,
    report: (event: SinkDropped) => void,
    { fetch: send, now = Date.now, sleep = pause, waitUntil = keepAlive }: SinkRuntime = {},
  ) {
    this.#destination = destination
    this.#report = report
    this.#fetch = send ?? ((input, init) => fetch(input, init))
    this.#now = now
    this.#sleep = sleep
    this.#keepAlive = waitUntil
  }

  write(line: LogLine): void {
    const isAboutSinks = line.event === 'sink_dropped'
    // The destination gets its own count with a batch.
    if (isAboutSinks && line.sink === this.#destination.name) return
    const bytes = encodeUtf8(JSON.stringify(line)).length
    if (this.#waiting.length >= MAX_LINES || this.#bytes + bytes > MAX_BYTES) {
      this.#drop(countOf([line]), 'too many lines wait')
    } else {
      this.#waiting.push({ line, bytes })
      this.#bytes += bytes
    }
    // Two sinks that are down would else report each other forever.
    if (!isAboutSinks) this.#start()
  }

  #start(): void {
    const now = this.#now()
    // Where a Worker starts there is no clock, and no request that could send.
    if (now <= 0) return
    if (this.#run) {
      if (now - this.#run.since < MAX_RUN_MS) return
      this.#drop(this.#run.sending, 'the request that sent them ended')
    }
    const run: Run = { since: now, sending: 0 }
    this.#run = run
    const delay = Math.min(Math.max(this.#quietUntil - now, DELAY_MS), PAUSE_MS)
    this.#keepAlive?.(this.#deliver(run, delay))
  }

  /** Never rejects. */
  async #deliver(run: Run, delay: number): Promise<void> {
    // The lines of whatever else is being handled go into the same batch.
    await this.#sleep(delay)
    while (this.#run === run && this.#waiting.length > 0 && this.#now() - run.since < SEND_MS) {
      const lines = this.#take()
      run.sending = countOf(lines)
      const told = this.#dropped
      const outcome = await this.#send(told > 0 ? [...lines, this.#lineOfDropped(lines, told)] : lines)
      // Another run took its place, and counted its lines as lost.
      if (this.#run !== run) return
      const hasArrived = typeof outcome === 'number'
      if (hasArrived) {
        this.#dropped -= told
        this.#drop(Math.min(outcome, run.sending), 'the sink rejected them')
      } else {
        this.#drop(run.sending, outcome)
        this.#quietUntil = this.#now() + PAUSE_MS
      }
      run.sending = 0
      if (!hasArrived) break
    }
    if (this.#run !== run) return
    this.#run = undefined
    this.#reportDropped()
  }

  #take(): LogLine[] {
    let count = 0
    let bytes = 0
    for (const next of this.#waiting) {
      if (count === BATCH_LINES || (count > 0 && bytes + next.bytes > BATCH_BYTES)) break
      count++
      bytes += next.bytes
    }
    this.#bytes -= bytes
    return this.#waiting.splice(0, count).map(({ line }) => line)
  }

  /** How many lines were rejected of a batch that arrived; else why it did not. */
  async #send(lines: readonly LogLine[]): Promise<number | string> {
    const first = await this.#post(lines)
    if (typeof first !== 'object') return first
    await this.#sleep(first.retryAfterSeconds * 1000)
    const second = await this.#post(lines)
    return typeof second === 'object' ? second.problem : second
  }

  async #post(lines: readonly LogLine[]): Promise<number | string | Later> {
    const { url, headers, encode, rejected } = this.#destination
    const controller = new AbortController()
    const post = async (): Promise<number | string | Later> => {
      const response = await this.#fetch(url, {
        method: 'POST',
        headers: { ...(await headers()), 'content-type': 'application/json' },
        body: encode(lines, this.#now()),
        // A redirect would take the secret elsewhere.
        redirect: 'manual',
        signal: controller.signal,
      })
      if (response.ok && rejected) {
        const body = await readBounded(response.body, MAX_RESPONSE_BYTES)
        return rejected((body && decodeUtf8(body)) ?? '')
      }
      await response.body?.cancel()
      return response.ok ? 0 : problemOf(response)
    }
    // No words of errors: they may have the address.
    const outcome = await withDeadline(post(), TIMEOUT_MS, controller).catch(() => 'it could not be reached')
    return outcome === TIMED_OUT ? 'no response in time' : outcome
  }

  #drop(count: number, why: string): void {
    if (count === 0) return
    this.#dropped += count
    this.#unreported += count
    this.#why = why
  }

  #reportDropped(): void {
    const dropped = this.#unreported
    if (dropped === 0) return
    this.#unreported = 0
    this.#report({
      event: 'sink_dropped',
      level: 'error',
      sink: this.#destination.name,
      dropped,
      detail: this.#why,
    })
  }

  /** As the log has it. */
  #lineOfDropped([first]: readonly LogLine[], dropped: number): LogLine {
    return {
      ts: new Date(this.#now()).toISOString(),
      level: 'error',
      event: 'sink_dropped',
      schema: 1,
      ...(first?.service !== undefined && { service: first.service }),
      ...(first?.version !== undefined && { version: first.version }),
      ...(first?.env !== undefined && { env: first.env }),
      sink: this.#destination.name,
      dropped,
    }
  }
}

/** A response that says when to come again. */
interface Later {
  readonly problem: string
  readonly retryAfterSeconds: number
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3) counts, within bounds; its dates do not. */
function problemOf({ status, headers }: Response): string | Later {
  const problem = `status ${status}`
  const text = headers.get('Retry-After') ?? ''
  const isLater = (status === 429 || status === 503) && /^\d{1,4}$/.test(text)
  const retryAfterSeconds = Number(text)
  return isLater && retryAfterSeconds <= MAX_RETRY_AFTER_SECONDS ? { problem, retryAfterSeconds } : problem
}

/** What is told of lost lines is not itself counted as one. */
function countOf(lines: readonly LogLine[]): number {
  return lines.filter(({ event }) => event !== 'sink_dropped').length
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
