import { randomUUID } from 'node:crypto'
import { CloudflareError } from './cloudflare-error.ts'
import { type Call, endpoint, type Endpoint, json, part } from './endpoints.ts'
import type { LogEvent } from './logs.ts'

/** As `cloudflare` 5.2 declares it (resources/workers/observability/telemetry). */
interface TelemetryQuery {
  readonly queryId?: unknown
  readonly view?: unknown
  readonly limit?: number
  readonly timeframe?: { readonly from?: unknown; readonly to?: unknown }
  readonly parameters?: { readonly filters?: readonly Filter[] }
}

interface Filter {
  readonly key: string
  readonly operation: string
  readonly type: string
  readonly value?: unknown
}

function runQuery({ account: { logs }, ...call }: Call): object {
  const { queryId, view, limit = 100, timeframe, parameters } = json(call) as TelemetryQuery
  const { from, to } = timeframe ?? {}
  if (
    typeof queryId !== 'string' ||
    typeof from !== 'number' ||
    typeof to !== 'number' ||
    view !== 'events'
  ) {
    throw new CloudflareError(400, 10_001, 'Invalid request body')
  }
  const run = { id: randomUUID(), accountId: call.accountId, timeframe, query: { id: queryId, adhoc: true } }
  const statistics = { elapsed: 0.01, rows_read: logs.events.length, bytes_read: 1 }
  if (logs.startedTimes > 0) {
    logs.startedTimes--
    return { run: { ...run, status: 'STARTED' }, statistics, events: { count: 0, events: [] } }
  }
  const matches = ({ source }: LogEvent): boolean =>
    (parameters?.filters ?? []).every(
      ({ key, operation, type, value }) =>
        operation === 'eq' &&
        typeof value === type &&
        (source as Readonly<Record<string, unknown>>)[key] === value,
    )
  const events = logs.events
    .filter((event) => event.timestamp >= from && event.timestamp <= to && matches(event))
    .slice(0, limit)
  return {
    run: { ...run, status: 'COMPLETED' },
    statistics,
    events: { count: events.length, events, fields: [] },
  }
}

const SCRIPT = '^/accounts/[^/]+/workers/scripts/(?<name>[^/]+)'

/** What `wrangler tail` and queries of Workers Logs request. */
export const LOG_ENDPOINTS: readonly Endpoint[] = [
  endpoint('POST', `${SCRIPT}/tails`, 'tail', 'Workers Tail: Read', (call) => {
    const { name } = call.account.script(part(call, 'name'))
    const id = call.account.logs.createTail(name)
    return {
      id,
      url: `ws://${call.host}/tails/${id}`,
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    }
  }),
  endpoint('DELETE', `${SCRIPT}/tails/(?<id>[^/]+)`, 'tail', 'Workers Tail: Read', (call) => {
    call.account.logs.deleteTail(part(call, 'id'))
    return {}
  }),
  endpoint(
    'POST',
    '^/accounts/[^/]+/workers/observability/telemetry/query',
    'logs-query',
    'Workers Observability: Edit',
    runQuery,
  ),
]
