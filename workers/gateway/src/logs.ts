/**
 * One line of JSON for each request. Members are named one by one: what is not named here is never logged. No token,
 * code, cookie, secret, e-mail address or IP address.
 */
export interface RequestLog {
  readonly requestId: string
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  readonly durationMs: number
  /** The row of the error table, if it is an error. */
  readonly error?: string
  readonly source?: string
  /** Why: a stable word, or a sentence of our own. */
  readonly detail?: string
}

export function logRequest(log: RequestLog): void {
  const { requestId, method, path, status, durationMs, error, source, detail } = log
  const line = { event: 'request', requestId, method, path, status, durationMs, error, source, detail }
  if (status >= 500) console.error(line)
  else console.log(line)
}
