import {
  type HeaderReader,
  matchTraceparent,
  randomHex,
  readRequestIds,
  type RequestIds,
  requestIdsOf,
} from './request-ids.ts'

/** What joins the lines of one request, in the logs of every Worker that it reaches, and the traces of those that trace. */
export interface Correlation extends RequestIds {
  /** As it came, in the form of version 00; else a new one, sampled. */
  readonly traceparent: string
  /** What tracers keep in it; absent unless it and a `traceparent` came well-formed. */
  readonly tracestate?: string
}

/** Headers of a request for the next hop: `X-Request-Id`, `traceparent`, perhaps `tracestate`. */
export type CorrelationHeaders = Readonly<Record<string, string>>

/** §3.2.2.5 and Level 2: `sampled` and `random-trace-id`. Of other bits nobody knows the meaning: they must not be sent. */
const KNOWN_FLAGS = 3

/** §3.3.1.3, with the keys of Level 2, which are wider. */
const MEMBER = /^([a-z\d][a-z\d_*@/-]{0,255})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/
/** §3.3.1.5: as much as every hop should pass on. */
const MAX_TRACESTATE = 512
/** §3.3.1.1. */
const MAX_MEMBERS = 32

const known = new WeakMap<Request, Correlation>()

/** What joins the lines of a request: always the same for one `Request`. */
export function correlationOf(request: Request): Correlation {
  let correlation = known.get(request)
  if (!correlation) {
    correlation = withTrace(requestIdsOf(request), request.headers)
    known.set(request, correlation)
  }
  return correlation
}

/**
 * The headers for a request to the next hop, made while this one is served: the same request id and trace, this hop as the
 * parent. New at each call.
 */
export function correlationHeaders(request: Request): CorrelationHeaders {
  const { requestId, traceId, traceparent, tracestate } = withTrace(requestIdsOf(request), request.headers)
  return {
    'X-Request-Id': requestId,
    traceparent: traceparentOf(traceId, traceparent.slice(-2)),
    ...(tracestate !== undefined && { tracestate }),
  }
}

/** Reads what came, and makes what did not come or is not well-formed. */
export function readCorrelation(headers: HeaderReader): Correlation {
  return withTrace(readRequestIds(headers), headers)
}

/** A new trace is sampled: a tracer behind takes 00 for a decision of this one, which has made none. */
function withTrace(ids: RequestIds, headers: HeaderReader): Correlation {
  const { traceId } = ids
  const [, , parentId, flags = ''] = matchTraceparent(headers) ?? []
  if (parentId === undefined) return { ...ids, traceparent: traceparentOf(traceId, '01') }
  const tracestate = readTracestate(headers.get('tracestate') ?? '')
  const knownFlags = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16)
  return {
    ...ids,
    traceparent: `00-${traceId}-${parentId}-0${knownFlags}`,
    ...(tracestate !== '' && { tracestate }),
  }
}

function readTracestate(text: string): string {
  if (text.length > MAX_TRACESTATE) return ''
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  const keys = new Set(members.map((member) => MEMBER.exec(member)?.[1]))
  const isGood = members.length <= MAX_MEMBERS && keys.size === members.length && !keys.has(undefined)
  return isGood ? members.join(',') : ''
}

function traceparentOf(traceId: string, flags: string): string {
  return `00-${traceId}-${randomHex().slice(16)}-${flags}`
}
