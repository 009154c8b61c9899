import { ConfigError } from '../../errors.ts'
import { isObject } from '../../primitives/json.ts'
import { encodeUtf8 } from '../../primitives/utf8.ts'
import type { LogLine } from '../line-types.ts'
import type { MakeSink, Sink } from '../sink.ts'
import { type Gauge, METRICS_BLOBS, METRICS_DOUBLES } from './metrics-columns.ts'
import { variableOf } from './sink-settings.ts'

const DAY_SECONDS = 86_400

/** Characters of a blob: sixteen of them stay below Analytics Engine’s 16 KB, whatever they are. */
const MAX_BLOB_LENGTH = 128

/** Analytics Engine’s limit for an index. */
const MAX_INDEX_BYTES = 96
/** A character of a string has three bytes at most. */
const SAFE_INDEX_LENGTH = 32

const BINDING = 'METRICS'
const PER_POINT = 'METRICS_GRANTS_PER_POINT'
const MAX_PER_POINT = 10_000

/** What Cloudflare binds for a dataset. */
export interface Dataset {
  /** Writes a data point; nothing has to be waited for. */
  writeDataPoint(point: {
    readonly indexes: readonly string[]
    readonly blobs: readonly string[]
    readonly doubles: readonly number[]
  }): void
}

/** What is not given here comes from the environment. */
export interface MetricsOptions {
  /** Default: the binding `METRICS`. */
  readonly dataset?: Dataset
  /**
   * One data point stands for so many grants, chosen at random; denials and failures are written one by one. Default:
   * `METRICS_GRANTS_PER_POINT`, else 1.
   */
  readonly grantsPerPoint?: number
  /** When the last signing slot ends, in seconds since the epoch. Default: nobody knows. */
  readonly signingEnds?: () => number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** At least 0, below 1. */
  readonly random?: () => number
}

/**
 * Writes metrics into Workers Analytics Engine: one data point a line, grants too, in the columns of
 * docs/guides/monitoring.md. There is no sink without the binding.
 *
 * @throws ConfigError where the sink is made, for `METRICS_GRANTS_PER_POINT` that is no such number
 */
export function analyticsEngine(options: MetricsOptions = {}): MakeSink {
  return (env) => {
    const dataset = options.dataset ?? variableOf(env, BINDING)
    const grantsPerPoint = readPerPoint(options.grantsPerPoint ?? variableOf(env, PER_POINT))
    return isDataset(dataset) ? new MetricsSink(dataset, { ...options, grantsPerPoint }) : undefined
  }
}

class MetricsSink implements Sink {
  readonly takesAll = true
  readonly #dataset: Dataset
  readonly #options: MetricsOptions & { readonly grantsPerPoint: number }
  /** When the last JWK Set was fetched, in milliseconds since the epoch. */
  #jwksAt: number | undefined

  constructor(dataset: Dataset, options: MetricsOptions & { readonly grantsPerPoint: number }) {
    this.#dataset = dataset
    this.#options = options
  }

  write(line: LogLine): void {
    const now = (this.#options.now ?? Date.now)()
    if (line.event === 'jwks_refreshed') this.#jwksAt = now
    const weight = line.decision === 'granted' ? this.#options.grantsPerPoint : 1
    if (weight > 1 && (this.#options.random ?? Math.random)() * weight >= 1) return
    const gauges: Readonly<Record<Gauge, number>> = {
      weight,
      jwks_age: this.#jwksAt === undefined ? 0 : Math.max(1, (now - this.#jwksAt) / 1000),
      key_days: this.#keyDays(now / 1000),
    }
    const values = { ...line, ...gauges, version: line.version?.tag ?? line.version?.id }
    this.#dataset.writeDataPoint({
      indexes: [indexOf(line.service ?? '')],
      blobs: METRICS_BLOBS.map((name) => values[name]?.slice(0, MAX_BLOB_LENGTH) ?? ''),
      doubles: METRICS_DOUBLES.map((name) => values[name] ?? 0),
    })
  }

  #keyDays(now: number): number {
    const end = this.#options.signingEnds?.()
    return end === undefined ? 0 : (end - now) / DAY_SECONDS
  }
}

function indexOf(service: string): string {
  return encodeUtf8(service).length <= MAX_INDEX_BYTES ? service : service.slice(0, SAFE_INDEX_LENGTH)
}

function isDataset(value: unknown): value is Dataset {
  return isObject(value) && typeof value.writeDataPoint === 'function'
}

/** @throws ConfigError */
function readPerPoint(value: unknown): number {
  if (value === undefined) return 1
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= MAX_PER_POINT)
    return number
  throw new ConfigError(`${PER_POINT} must be a whole number from 1 to ${MAX_PER_POINT}`)
}
