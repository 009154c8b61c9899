import { isObject, parseJson } from '@sealgate/kit/gateway'

type Members = Readonly<Record<string, unknown>>

/**
 * What Workers logged, out of a record of any of these shapes:
 *
 * - a line itself, as an object or as JSON text: what our own development system keeps, and most log stores export
 * - an invocation: `wrangler tail --format json` and Tail Workers (`TraceItem`: `logs[].message[]`), Logpush of
 *   `workers_trace_events` (`Logs[].Message[]`)
 * - an event of Workers Logs: `source`
 * - a list of them, as a query of Workers Logs returns (`events.events`)
 */
export function loggedValues(record: unknown): readonly unknown[] {
  return valuesIn(record, 0)
}

/** A list in the result of a query, of invocations with their lines. */
const MAX_DEPTH = 6

function valuesIn(value: unknown, depth: number): readonly unknown[] {
  if (depth > MAX_DEPTH) return []
  if (Array.isArray(value)) return value.flatMap((one: unknown) => valuesIn(one, depth + 1))
  if (typeof value === 'string')
    return value.startsWith('{') ? valuesIn(parseJson(value), depth + 1) : [value]
  if (!isObject(value)) return [value]
  const inner = innerOf(value)
  return inner === undefined ? [value] : valuesIn(inner, depth + 1)
}

/** What a wrapper wraps; `undefined` for a line. */
function innerOf(value: Members): unknown {
  if ('event' in value && 'schema' in value) return undefined
  const { logs, Logs, source, result, events } = value
  if (Array.isArray(logs)) return messagesOf(logs, 'message')
  if (Array.isArray(Logs)) return messagesOf(Logs, 'Message')
  if (source !== undefined && ('$metadata' in value || '$workers' in value)) return source
  // Of the API: the response, its result, and a page of events.
  if (isObject(result)) return result
  if (Array.isArray(events) || isObject(events)) return events
  return undefined
}

function messagesOf(logs: readonly unknown[], name: string): readonly unknown[] {
  return logs.flatMap((log) => {
    const message = isObject(log) ? log[name] : log
    return Array.isArray(message) ? (message as readonly unknown[]) : [message]
  })
}
