import { isObject, parseJson, readBounded } from '@sealgate/kit/gateway'
import type { ApiAccess } from '../wrangler/credentials.ts'
import type { Gathered } from './gathered.ts'
import { ALL_READ, type Looked } from './looked.ts'

/** Workers Logs keeps no line longer (three days on the free plan), in milliseconds. */
const KEPT_MS = 7 * 24 * 60 * 60_000
/** Lines of one request that are requested. */
const LIMIT = 200
/** Of a response, in bytes. */
const MAX_BYTES = 8 * 1024 * 1024
const TIMEOUT_MS = 30_000
/** A query may still run when its response comes: how often it is tried, and how long between, in milliseconds. */
const TRIES = 5
const BETWEEN_MS = 1000

/** What this source uses of the world. */
export interface QueryWorld {
  readonly fetch: typeof fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/**
 * Queries Workers Logs of the account for the lines of one request.
 *
 * @throws Error with what Cloudflare said
 */
export async function lookInWorkersLogs(
  requestId: string,
  access: ApiAccess,
  { fetch, now, sleep }: QueryWorld,
  gathered: Gathered,
): Promise<Looked> {
  const to = now()
  const query = {
    queryId: 'sealgate-why',
    timeframe: { from: to - KEPT_MS, to },
    view: 'events',
    limit: LIMIT,
    // A saved query would come to the dashboard of everybody.
    dry: true,
    parameters: {
      datasets: [],
      filterCombination: 'and',
      filters: [{ key: 'request_id', operation: 'eq', type: 'string', value: requestId }],
    },
  }
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const result = await post(access, query, fetch)
    gathered.addRecord(result)
    const { status } = isObject(result.run) ? result.run : {}
    if (status !== 'STARTED' || gathered.lines.length > 0) break
    await sleep(BETWEEN_MS)
  }
  return {
    where: 'Workers Logs of the account',
    kept: 'They keep lines for seven days, three on the free plan, if "observability" is on in wrangler.jsonc (head_sampling_rate under 1 drops requests); a line may take a minute to come.',
    unreadable: ALL_READ,
  }
}

type Members = Readonly<Record<string, unknown>>

async function post(
  { url, accountId, headers }: ApiAccess,
  query: object,
  fetch: QueryWorld['fetch'],
): Promise<Members> {
  const path = `/accounts/${encodeURIComponent(accountId)}/workers/observability/telemetry/query`
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(query),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const bytes = await readBounded(response.body, MAX_BYTES)
  if (!bytes) throw new Error('Cloudflare’s response to a query of Workers Logs is over 8 MiB')
  const body = parseJson(new TextDecoder().decode(bytes))
  const { result, errors } = isObject(body) ? body : {}
  if (response.ok && isObject(result)) return result
  throw new Error(
    `a query of Workers Logs failed with ${response.status}: ${said(errors)}${fixOf(response.status)}`,
  )
}

function said(errors: unknown): string {
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : []
  const { code, message } = isObject(first) ? first : {}
  return typeof message === 'string'
    ? `${message.slice(0, 300)} [code: ${String(code)}]`
    : 'nothing that could be read'
}

function fixOf(status: number): string {
  return status === 401 || status === 403
    ? '\nThe login lacks the permission Workers Observability: make an API token with it (Cloudflare: My Profile → API Tokens), and set CLOUDFLARE_API_TOKEN. Or use --tail.'
    : ''
}
