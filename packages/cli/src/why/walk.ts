import type { ReadLine } from './line.ts'

/** What one Worker said of the request. */
export interface Hop {
  /** `gateway`, or a `service`, which Agents are too. */
  readonly who: 'gateway' | 'service'
  /** Milliseconds since the epoch at which it began, as far as the line says. */
  readonly at: number
  readonly line: ReadLine
}

/** The hops that belong together: a request that came again under its id is another attempt. */
export interface Attempt {
  readonly traceId: string | undefined
  readonly hops: readonly Hop[]
}

/** Everything that is known of a request. */
export interface Walk {
  /** The oldest first. */
  readonly attempts: readonly Attempt[]
  /** Faults of the Workers around that time, which belong to no request: keys that could not be fetched, and the like. */
  readonly around: readonly ReadLine[]
}

/** Lines of the gateway alone. */
const OF_GATEWAY: ReadonlySet<string> = new Set(['request', 'denied_call', 'operation'])

/** How long before and after a request a fault may be told with it, in milliseconds. */
const BEFORE_MS = 5 * 60_000
const AFTER_MS = 10_000

/** A line of the gateway about what the service behind it said: it denied nothing itself. */
export function isPassedOn({ event, status = 0, reason, error }: ReadLine): boolean {
  return event === 'request' && status >= 400 && reason === undefined && error === undefined
}

/** Orders what was gathered. */
export function walkOf(lines: readonly ReadLine[], events: readonly ReadLine[]): Walk {
  const hops = lines.map(hopOf)
  const byTrace = new Map<string | undefined, Hop[]>()
  for (const hop of hops) {
    const { trace_id: trace } = hop.line
    byTrace.set(trace, [...(byTrace.get(trace) ?? []), hop])
  }
  const attempts = [...byTrace].map(([traceId, own]) => ({ traceId, hops: own.sort(inOrder) }))
  attempts.sort((one, other) => begin(one) - begin(other))
  return { attempts, around: around(hops, events) }
}

function hopOf(line: ReadLine): Hop {
  const written = Date.parse(line.ts ?? '')
  // A line is written at the end.
  const at = Number.isNaN(written) ? Infinity : written - (line.ms ?? 0)
  const isOfGateway = OF_GATEWAY.has(line.event) || line.entrypoint !== undefined
  return { who: isOfGateway ? 'gateway' : 'service', at, line }
}

/** A Worker's clock stands still while it computes: of two at one time the gateway was first, but for its own services. */
function inOrder(one: Hop, other: Hop): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1
  return rank(one) - rank(other)
}

function rank({ line: { event } }: Hop): number {
  return event === 'request' ? 0 : event === 'decision' ? 1 : 2
}

function begin({ hops: [first] }: Attempt): number {
  return first?.at ?? Infinity
}

/** The last of each event of each service. */
function around(hops: readonly Hop[], events: readonly ReadLine[]): readonly ReadLine[] {
  const times = hops.map(({ at }) => at).filter((at) => at !== Infinity)
  if (times.length === 0) return []
  const from = Math.min(...times) - BEFORE_MS
  const to = Math.max(...times) + AFTER_MS
  const near = events.filter(({ ts }) => {
    const at = Date.parse(ts ?? '')
    return at >= from && at <= to
  })
  const last = new Map(near.map((line) => [`${line.service ?? ''} ${line.event} ${line.detail ?? ''}`, line]))
  return [...last.values()]
}
