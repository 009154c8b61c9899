import type { Waiting } from './timings.ts'

/** What becomes known about a request while it is handled, for its log line. */
export interface Trace extends Waiting {
  /** Of W3C Trace Context. */
  readonly traceId: string
  /** The pattern that matched; `undefined` while nothing did. */
  route: string | undefined
  /** The verified caller. Logs show a keyed hash of it only. */
  subject: string | undefined
  /** The user name of a login that is tried: nobody has proved to be that. Logs show a keyed hash of it only. */
  login: string | undefined
  /** The client of the verified caller. */
  clientId: string | undefined
  /** What the verified caller is. */
  kind: string | undefined
  /** Whom the token is for that is to be issued. */
  audience: string | undefined
  /** The token that the caller sent, whether it counts or not: where none was issued for it, the name of its key is logged. */
  presented: string | undefined
  /** The token that was issued: its ids are logged. */
  issued: string | undefined
  /** What the client is to put into its next DPoP proof. */
  dpopNonce: string | undefined
}

/** @param correlation by what the lines of the request are joined */
export function newTrace({ requestId, traceId }: Pick<Trace, 'requestId' | 'traceId'>): Trace {
  return {
    requestId,
    traceId,
    route: undefined,
    subject: undefined,
    login: undefined,
    clientId: undefined,
    kind: undefined,
    audience: undefined,
    presented: undefined,
    issued: undefined,
    dpopNonce: undefined,
    timings: {},
  }
}
