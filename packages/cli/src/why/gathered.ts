import { isLine, type ReadLine, readLine } from './line.ts'
import { type LoggedValue, loggedValues } from './logged-values.ts'

/** Lines of one request that are kept. A client may send its id any number of times. */
const MAX_LINES = 200
/** Faults without a request that are kept, of which those around the request are told. */
const MAX_EVENTS = 100
/** Other schemas that are told apart. */
const MAX_SCHEMAS = 5

/** What was looked at. */
export interface Seen {
  /** Lines of this schema, of whichever request. */
  lines: number
  /** Values that are no lines of kit or gateway. */
  foreign: number
  /** Lines of other schemas: how many, and which. */
  otherSchema: number
  readonly schemas: Set<string>
  /** Lines of this request beyond those that are kept. */
  leftOut: number
  /** Of those that are kept: lines that came as text. */
  asText: number
  /** Lines that Workers say they did not write. */
  dropped: number
  /** The times of the oldest and the newest line. */
  oldest: string | undefined
  newest: string | undefined
}

/** Gathers the lines of one request out of any number of records. Its memory is bounded, whatever comes. */
export class Gathered {
  readonly lines: ReadLine[] = []
  readonly events: ReadLine[] = []
  seen: Seen = nothingSeen()
  readonly #requestId: string
  /** A line may come twice: by tail and by file, or from a query that overlaps another. */
  readonly #known = new Set<string>()

  constructor(requestId: string) {
    this.#requestId = requestId
  }

  /** @returns whether a line of the request was among it */
  addRecord(record: unknown): boolean {
    const before = this.lines.length
    for (const logged of loggedValues(record)) this.#add(logged)
    return this.lines.length > before
  }

  /** Forgets what was seen, before the same place is read again. */
  restart(): void {
    this.seen = nothingSeen()
    this.events.length = 0
  }

  #add({ value, isText }: LoggedValue): void {
    const { seen } = this
    const read = readLine(value)
    if (read === 'foreign') seen.foreign++
    else if (!isLine(read)) {
      seen.otherSchema++
      if (seen.schemas.size < MAX_SCHEMAS) seen.schemas.add(read.otherSchema)
    } else this.#addLine(read, isText)
  }

  #addLine(line: ReadLine, isText: boolean): void {
    const { seen } = this
    seen.lines++
    const { ts, event, request_id } = line
    if (ts !== undefined) {
      if (seen.oldest === undefined || ts < seen.oldest) seen.oldest = ts
      if (seen.newest === undefined || ts > seen.newest) seen.newest = ts
    }
    if (event === 'lines_dropped') seen.dropped += line.dropped ?? 0
    if (request_id === this.#requestId) this.#keep(line, isText)
    else if (request_id === undefined && line.level === 'error') {
      this.events.push(line)
      if (this.events.length > MAX_EVENTS) this.events.shift()
    }
  }

  #keep(line: ReadLine, isText: boolean): void {
    const key = JSON.stringify(line)
    if (this.#known.has(key)) return
    if (this.lines.length >= MAX_LINES) {
      this.seen.leftOut++
      return
    }
    if (isText) this.seen.asText++
    this.#known.add(key)
    this.lines.push(line)
  }
}

function nothingSeen(): Seen {
  return {
    ...{ lines: 0, foreign: 0, otherSchema: 0, schemas: new Set(), leftOut: 0, asText: 0, dropped: 0 },
    ...{ oldest: undefined, newest: undefined },
  }
}
