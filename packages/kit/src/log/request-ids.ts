/** What joins the lines of one request, in the logs of every Worker that it reaches. */
export interface RequestIds {
  /** `X-Request-Id`, where it may stand in a log; else a new UUID. */
  readonly requestId: string
  /** W3C Trace Context §3.2.2.3: 32 hexadecimal digits. */
  readonly traceId: string
}

/** Where headers are read: `Headers`, or what a caller over RPC gave in their place. */
export interface HeaderReader {
  get(name: string): string | null
}

/** Nothing to escape and no line to break in it, and room for no signed token. What reads as an IPv4 address is none. */
const REQUEST_ID = /^(?!(\d{1,3}\.){3}\d{1,3}$)[A-Za-z\d][\w.-]{7,63}$/

/**
 * W3C Trace Context §3.2.2: 55 characters, and in version 00 no more. What a later version adds begins with another dash.
 * Groups: trace id, parent id, flags.
 */
const TRACEPARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?![^-])/

const known = new WeakMap<Request, RequestIds>()

/** What joins the lines of a request: always the same for one `Request`. */
export function requestIdsOf(request: Request): RequestIds {
  let ids = known.get(request)
  if (!ids) {
    ids = readRequestIds(request.headers)
    known.set(request, ids)
  }
  return ids
}

/** Reads what came, and makes what did not come or is not well-formed. */
export function readRequestIds(headers: HeaderReader): RequestIds {
  const requestId = headers.get('X-Request-Id') ?? ''
  return {
    requestId: REQUEST_ID.test(requestId) ? requestId : crypto.randomUUID(),
    traceId: matchTraceparent(headers)?.[1] ?? randomHex(),
  }
}

/** Trace id, parent id and flags of a well-formed `traceparent`, behind the whole of it. */
export function matchTraceparent(headers: HeaderReader): readonly string[] | null {
  return TRACEPARENT.exec(headers.get('traceparent') ?? '')
}

/** 32 digits. Each half has one that is not zero: the version, and the variant, of a UUID. */
export function randomHex(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
