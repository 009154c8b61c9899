import { keepAlive } from '#runtime'
import type { MakeSink, Sink } from './sink.ts'
import { MAX_LOG_TEXT, MAX_LOG_LINES_A_SECOND } from '../constants.ts'
import type {
  DecisionLine,
  DecisionName,
  EventLine,
  EventName,
  FieldName,
  Level,
  LogFields,
  LogLevel,
  LogLine,
} from './line-types.ts'

/** Receives lines of events, for the whole isolate: it must not close over a request. What it throws is logged once. */
export type OnEvent = (line: EventLine) => unknown

/** Receives lines of decisions: all of them, grants too. What it throws is logged once. */
export type OnDecision = (line: DecisionLine) => unknown

/** Hooks, which get every line: the same frozen objects that the console gets. They come on top of it. */
export interface LogHooks {
  /** Receives what happens apart from any one request. */
  readonly onEvent?: OnEvent | undefined
  /** Receives what became of each caller. */
  readonly onDecision?: OnDecision | undefined
}

/** What is the same in every line of a logger. */
export type Head = Pick<Fields, 'service' | 'version' | 'env'>

/** What makes a line, before it is one. `undefined` members are left out. */
export type Fields = {
  readonly [Name in Exclude<FieldName, 'ts' | 'level' | 'event' | 'schema'>]?: LogFields[Name] | undefined
}

type EventFields = Fields & { readonly event: EventLine['event']; readonly level: Level }

/** What a logger is made of. */
export interface LoggerOptions extends LogHooks {
  readonly head?: Head
  /** Default `info`. */
  readonly level?: LogLevel
  /** Where lines go besides. */
  readonly sinks?: readonly MakeSink[]
  /** What sinks are made of. Default: an empty environment. */
  readonly env?: object
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
}

/** A sink; or a hook as one, which may give a promise. */
interface Receiver {
  write(line: LogLine): unknown
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'off']

/** What ends lines, reorders them on a screen, or is half a character. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/**
 * The cap is the isolate's: every logger counts here. Each level has one of its own: anybody can be denied as often as they
 * like, and must not hide by that what failed, or what an operator did.
 */
let second = 0
let written: Partial<Record<Level, number>> = {}
let dropped = 0

/**
 * Begins a new second of the cap, for tests, which are fast. What was dropped is told of with the next line.
 *
 * @param count how many were dropped. Default: as many as were; 0 forgets what other tests wrote
 */
export function beginLogSecond(count: number = dropped): void {
  second = NaN
  dropped = count
}

/** Writes the lines of one kit or gateway: to the console and the sinks by level and cap, to the hooks all. */
export class Logger {
  /** Whether anybody hears of a grant. If not, nothing is to be made of one. */
  readonly wantsGrants: boolean
  readonly #options: LoggerOptions
  readonly #sinks: Sink[] = []
  readonly #least: number
  #hasFailed = false

  constructor(options: LoggerOptions = {}) {
    const { level = 'info', sinks = [], env = {} } = options
    this.#options = options
    this.#least = LEVELS.indexOf(level)
    // One that reports while it is made is heard by those before it.
    for (const make of sinks) {
      const sink = make(env, this.event)
      if (sink) this.#sinks.push(sink)
    }
    this.wantsGrants =
      level === 'debug' || !!options.onDecision || this.#sinks.some(({ takesAll }) => takesAll)
  }

  /** Writes an event. */
  readonly event = ({ level, event, ...fields }: EventFields): void => {
    this.#log(level, event, this.#options.onEvent, () => fields)
  }

  /**
   * Writes what became of a caller.
   *
   * @param make called only for a line that somebody gets; it may be waited for, and nobody waits for that
   */
  decision(level: Level, event: DecisionName, make: () => Fields | Promise<Fields>): void {
    this.#log(level, event, this.#options.onDecision, make)
  }

  #log(
    level: Level,
    event: EventName,
    hook: OnEvent | OnDecision | undefined,
    make: () => Fields | Promise<Fields>,
  ): void {
    const now = this.#options.now?.() ?? Date.now() / 1000
    const isShown = LEVELS.indexOf(level) >= this.#least && this.#isAdmitted(level, now)
    const receivers: Receiver[] = this.#sinks.filter(({ takesAll }) => isShown || takesAll)
    // Each caller has the hook for its own kind of lines.
    if (hook) receivers.push({ write: hook })
    if (!isShown && !receivers[0]) return
    // A Worker that starts has no clock.
    const ts = now > 0 ? new Date(now * 1000).toISOString() : undefined
    const write = (fields: Fields): void => {
      const line = lineOf({ ts, level, event, schema: 1 }, this.#options.head, fields)
      if (isShown) console[level](line)
      for (const receiver of receivers) this.#tell(receiver, line)
    }
    const fields = make()
    if (fields instanceof Promise) {
      const writing = fields.then(write)
      keepAlive?.(writing)
    } else write(fields)
  }

  /** Counts a line of this second, and says whether it is written. The first of a later second tells of those that were not. */
  #isAdmitted(level: Level, now: number): boolean {
    const current = Math.floor(now)
    if (current !== second) {
      const count = dropped
      second = current
      written = {}
      dropped = 0
      // An error: so it comes at each level that writes lines.
      if (count > 0) this.event({ event: 'lines_dropped', level: 'error', dropped: count })
    }
    const count = (written[level] ?? 0) + 1
    written[level] = count
    if (count > MAX_LOG_LINES_A_SECOND) dropped++
    return count <= MAX_LOG_LINES_A_SECOND
  }

  /** A listener that throws, or whose promise is rejected, must not turn a good token into an error. */
  #tell(receiver: Receiver, line: LogLine): void {
    const fail = (error: unknown): void => {
      if (this.#hasFailed) return
      this.#hasFailed = true
      const detail = error instanceof Error ? error.name : typeof error
      // No hook hears of it: it would come to the one that failed.
      this.#log('error', 'hook_failed', undefined, () => ({ detail }))
    }
    try {
      // A hook's promise comes out of here, too; that of RPC is no `Promise`.
      const told = receiver.write(line)
      if (!told) return
      const waited = Promise.resolve(told).catch(fail)
      // Where a Worker starts nothing can be kept alive, and nothing be waited for.
      if (Date.now() > 0) keepAlive?.(waited)
    } catch (error) {
      fail(error)
    }
  }
}

/** Frozen, without what is not known, every text of one line and bounded. */
function lineOf(...parts: readonly (object | undefined)[]): LogLine {
  const line: Record<string, unknown> = {}
  for (const part of parts) {
    for (const name in part) {
      const value: unknown = part[name as keyof typeof part]
      if (typeof value === 'string') line[name] = value.slice(0, MAX_LOG_TEXT).replace(UNPRINTABLE, ' ')
      else if (value !== undefined) line[name] = typeof value === 'object' ? lineOf(value as object) : value
    }
  }
  // The callers' types hold each member to the table of fields.
  return Object.freeze(line) as unknown as LogLine
}
