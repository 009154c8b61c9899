import { type Advice, adviceOf, adviceOfEvent, isProblem } from './advice.ts'
import type { Gathered, Seen } from './gathered.ts'
import type { Unreadable } from './json-records.ts'
import type { ReadLine } from './line.ts'
import type { Looked } from './looked.ts'
import { type Attempt, type Hop, isPassedOn, type Walk, walkOf } from './walk.ts'

/** Everything that `sealgate why` has to say. `--json` prints it. */
export interface Report {
  readonly request_id: string
  readonly found: boolean
  readonly where: string
  readonly kept: string
  /** The oldest first. More than one: the request came again under its id. */
  readonly attempts: readonly ReportedAttempt[]
  /** What to do about each reason. */
  readonly advice: readonly Advice[]
  /** Faults of the Workers around that time. */
  readonly around: readonly ReportedEvent[]
  readonly read: Read
}

export interface ReportedAttempt {
  readonly trace_id?: string
  /** What the caller was told, and by whom. */
  readonly outcome: 'granted' | 'denied' | 'failed'
  readonly by: string
  readonly status?: number
  readonly reason?: string
  /** The service that the gateway forwarded to wrote no line that was found. */
  readonly is_service_silent: boolean
  readonly hops: readonly Hop[]
}

export interface ReportedEvent {
  readonly line: ReadLine
  readonly meaning?: string
  readonly todo?: string
}

/** What was looked at, and what of it could not be read. */
export interface Read extends Unreadable, Omit<Seen, 'schemas'> {
  readonly schemas: readonly string[]
}

export function reportOf(requestId: string, { lines, events, seen }: Gathered, looked: Looked): Report {
  const { attempts, around }: Walk = walkOf(lines, events)
  const advice = new Map<string, Advice>()
  for (const hop of attempts.flatMap(({ hops }) => hops)) {
    const found = adviceOf(hop)
    if (found) advice.set(`${found.reason} ${found.todo}`, found)
  }
  return {
    request_id: requestId,
    found: lines.length > 0,
    where: looked.where,
    kept: looked.kept,
    attempts: attempts.map(attemptOf),
    advice: [...advice.values()],
    around: around.map((line) => ({ line, ...adviceOfEvent(line) })),
    read: { ...looked.unreadable, ...seen, schemas: [...seen.schemas] },
  }
}

function attemptOf({ traceId, hops }: Attempt): ReportedAttempt {
  // The innermost that said no is whom the caller heard.
  const decisive =
    hops.findLast(({ line }) => isProblem(line)) ?? hops.find(({ line }) => isPassedOn(line)) ?? hops.at(-1)
  const line = decisive?.line
  const isForwarded = hops.some(({ line: one }) => isPassedOn(one))
  return {
    ...(traceId !== undefined && { trace_id: traceId }),
    outcome: outcomeOf(line),
    by:
      line && isPassedOn(line)
        ? `what is behind ${line.service ?? 'the gateway'}`
        : (line?.service ?? 'a Worker without a name'),
    ...(line?.status !== undefined && { status: line.status }),
    ...(line?.reason !== undefined && { reason: line.reason }),
    is_service_silent: isForwarded && hops.every(({ who }) => who === 'gateway'),
    hops,
  }
}

/** `denied with 403, reports said insufficient_rights`. */
export function headlineOf({ outcome, status, by, reason }: ReportedAttempt): string {
  const withStatus = status === undefined ? outcome : `${outcome} with ${status}`
  return `${withStatus}, ${by} said ${reason ?? 'so'}`
}

function outcomeOf(line: ReadLine | undefined): ReportedAttempt['outcome'] {
  if (!line || !(isProblem(line) || isPassedOn(line))) return 'granted'
  return line.decision === 'denied' ? 'denied' : 'failed'
}
