import { isObject, parseJson } from '@sealgate/kit/gateway'

type Members = Readonly<Record<string, unknown>>

/** What a Worker logged. */
export interface LoggedValue {
  readonly value: unknown
  /** It came as text: a Worker that logs texts of others may have written it for them. */
  readonly isText: boolean
}

/**
 * What Workers logged, out of a record of any of these shapes:
 *
 * - a line itself, as an object or as JSON text: what our own development system keeps, and most log stores export
 * - an invocation: `wrangler tail --format json` and Tail Workers (`TraceItem`: `logs[].message[]`), Logpush of
 *   `workers_trace_events` (`Logs[].Message[]`)
 * - an event of Workers Logs: `source`
 * - a list of them, as a query of Workers Logs returns (`events.events`)
 *
 * What was logged is taken as it is, and nothing is looked for in it: a caller may have written what a Worker logs.
 */
export function loggedValues(record: unknown): readonly LoggedValue[] {
  return valuesIn(record, 0)
}

/** A list in the result of a query, of invocations with their lines. */
const MAX_DEPTH = 6

function valuesIn(value: unknown, depth: number): readonly LoggedValue[] {
  if (depth > MAX_DEPTH) return []
  if (Array.isArray(value)) return value.flatMap((one: unknown) => valuesIn(one, depth + 1))
  if (!isObject(value) || ('event' in value && 'schema' in value)) return [valueOf(value)]
  const { logs, Logs, source, result, events } = value
  // Lines are logged as objects, and a tail has them as such: its texts are of others.
  if (Array.isArray(logs)) return messagesOf(logs, 'message').map((one) => ({ value: one, isText: false }))
  if (Array.isArray(Logs)) return messagesOf(Logs, 'Message').map(valueOf)
  if (source !== undefined && isEvent(value)) return [valueOf(source)]
  // Of the API: the response, its result, and a page of events.
  if (isObject(result)) return valuesIn(result, depth + 1)
  return Array.isArray(events) || isObject(events) ? valuesIn(events, depth + 1) : [valueOf(value)]
}

function isEvent(value: Members): boolean {
  return '$metadata' in value || '$workers' in value
}

function messagesOf(logs: readonly unknown[], name: string): readonly unknown[] {
  return logs.flatMap((log) => {
    const message = isObject(log) ? log[name] : log
    return Array.isArray(message) ? (message as readonly unknown[]) : [message]
  })
}

/** Stores that keep texts alone have a line as JSON. */
function valueOf(value: unknown): LoggedValue {
  const parsed = typeof value === 'string' && value.startsWith('{') ? parseJson(value) : undefined
  return parsed === undefined ? { value, isText: false } : { value: parsed, isText: true }
}
