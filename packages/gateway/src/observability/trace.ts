/** What becomes known about a request while it is handled, for its log line. */
export interface Trace {
  readonly requestId: string
  /** Of W3C Trace Context, for the log. */
  readonly traceId: string
  /** The pattern that matched; `undefined` while nothing did. */
  route: string | undefined
  /** The verified caller. Logs show a keyed hash of it only. */
  subject: string | undefined
  /** The user name of a login that is tried: nobody has proved to be that. Logs show a keyed hash of it only. */
  login: string | undefined
}
