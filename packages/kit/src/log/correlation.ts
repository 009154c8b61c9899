/** What joins the lines of one request, in the logs of every Worker that it reaches. */
export interface Correlation {
  /** `X-Request-Id`, where it may stand in a log; else a new UUID. */
  readonly requestId: string
  /** W3C Trace Context §3.2.2.3: 32 hexadecimal digits. */
  readonly traceId: string
  /** As it came, in the form of version 00; else a new one, sampled. */
  readonly traceparent: string
  /** What tracers keep in it; absent unless it and a `traceparent` came well-formed. */
  readonly tracestate?: string
}

/** Headers of a request for the next hop: `X-Request-Id`, `traceparent`, perhaps `tracestate`. */
export type CorrelationHeaders = Readonly<Record<string, string>>

/** Where headers are read: `Headers`, or what a caller over RPC gave in their place. */
export interface HeaderReader {
  get(name: string): string | null
}

/** Nothing to escape and no line to break in it, and room for no signed token. What reads as an IPv4 address is none. */
const REQUEST_ID = /^(?!(\d{1,3}\.){3}\d{1,3}$)[A-Za-z\d][\w.-]{7,63}$/

/** W3C Trace Context §3.2.2: 55 characters. What a later version adds begins with another dash. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?![^-])/
const TRACEPARENT_LENGTH = 55

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
    correlation = readCorrelation(request.headers)
    known.set(request, correlation)
  }
  return correlation
}

/**
 * The headers for a request to the next hop, made while this one is served: the same request id and trace, this hop as the
 * parent. New at each call.
 */
export function correlationHeaders(request: Request): CorrelationHeaders {
  const { requestId, traceId, traceparent, tracestate } = correlationOf(request)
  return {
    'X-Request-Id': requestId,
    traceparent: traceparentOf(traceId, traceparent.slice(-2)),
    ...(tracestate !== undefined && { tracestate }),
  }
}

/** Reads what came, and makes what did not come or is not well-formed. */
export function readCorrelation(headers: HeaderReader): Correlation {
  const requestId = headers.get('X-Request-Id') ?? ''
  return {
    requestId: REQUEST_ID.test(requestId) ? requestId : crypto.randomUUID(),
    ...(readTrace(headers) ?? newTrace()),
  }
}

type Trace = Omit<Correlation, 'requestId'>

function readTrace(headers: HeaderReader): Trace | undefined {
  const text = headers.get('traceparent') ?? ''
  const [, traceId, parentId, flags] = TRACEPARENT.exec(text) ?? []
  if (traceId === undefined || flags === undefined) return undefined
  if (text.startsWith('00') && text.length !== TRACEPARENT_LENGTH) return undefined
  const tracestate = readTracestate(headers.get('tracestate') ?? '')
  const known = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16)
  return {
    traceId,
    traceparent: `00-${traceId}-${parentId}-0${known}`,
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

/** Sampled: a tracer behind takes 00 for a decision of this one, which has made none. */
function newTrace(): Trace {
  const traceId = randomHex()
  return { traceId, traceparent: traceparentOf(traceId, '01') }
}

function traceparentOf(traceId: string, flags: string): string {
  return `00-${traceId}-${randomHex().slice(16)}-${flags}`
}

/** 32 digits. Each half has one that is not zero: the version, and the variant, of a UUID. */
function randomHex(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
