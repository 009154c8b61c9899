import { tracing } from '#runtime'
import { codeOf, rowOf } from '../errors.ts'

/** What a request waits for: the identity provider, what the caller's credentials are, what it may have, the service. */
export type Wait = 'idp' | 'verify' | 'policy' | 'service'

/** How long a request waited, in milliseconds. A Worker's clock stands still while it computes: this is no computing time. */
export type Timings = { [Name in Wait]?: number }

/** A request that waits. */
export interface Waiting {
  readonly requestId: string
  readonly route: string | undefined
  /** Grows with each wait. */
  readonly timings: Timings
}

/**
 * Waits, and notes for how long: for the line of the request, and as a span `sealgate.NAME` where somebody traces it
 * (docs/guides/monitoring.md).
 */
export async function timed<Value>(
  waiting: Waiting,
  name: Wait,
  action: () => Promise<Value>,
): Promise<Value> {
  const started = Date.now()
  const spans = spansIfTraced()
  try {
    return await (spans ? inSpan(spans, waiting, name, action) : action())
  } finally {
    const { timings } = waiting
    timings[name] = (timings[name] ?? 0) + Date.now() - started
  }
}

/** The header `Server-Timing` (W3C Server Timing §2.1). */
export function serverTiming(timings: Timings, ms: number): string {
  const all = Object.entries({ ...timings, total: ms })
  return all.map(([name, duration]) => `${name};dur=${duration}`).join(', ')
}

/** To enter a span that nobody sees takes twenty times as long as to look whether somebody does. */
function spansIfTraced(): typeof tracing {
  return tracing?.getActiveSpan?.()?.isTraced === true ? tracing : undefined
}

/** No token, no subject and no path: others than those who read the log see spans. */
function inSpan<Value>(
  spans: NonNullable<typeof tracing>,
  { requestId, route }: Waiting,
  name: Wait,
  action: () => Promise<Value>,
): Promise<Value> {
  return spans.enterSpan(`sealgate.${name}`, async (span) => {
    span.setAttributes({ request_id: requestId, route })
    try {
      const value = await action()
      span.setAttribute('decision', value instanceof Response ? decisionOf(value.status) : 'granted')
      return value
    } catch (error) {
      const code = codeOf(error)
      const hasFailed = rowOf(code).status >= 500
      span.setAttribute('decision', hasFailed ? 'failed' : 'denied')
      if (hasFailed) span.setStatus({ code: 'error', message: code })
      throw error
    }
  })
}

/** Of what a service or the identity provider responded with, as the line of the request has it. */
function decisionOf(status: number): 'granted' | 'denied' | 'failed' {
  if (status >= 500) return 'failed'
  return status === 401 || status === 403 ? 'denied' : 'granted'
}
