import type { Problem } from './errors.ts'

/** One request to the public face. The path stays out: services put names and addresses into theirs. */
export interface RequestLog {
  readonly requestId: string
  readonly method: string
  /** The pattern that matched; absent when nothing did. */
  readonly route: string | undefined
  readonly status: number
  readonly durationMs: number
  readonly problem?: Problem
}

/**
 * One line of JSON for each request. Members are named one by one: what is not named here is never logged. No token,
 * code, cookie, secret, e-mail address or IP address.
 */
export function logRequest({ requestId, method, route, status, durationMs, problem }: RequestLog): void {
  write(status, { event: 'request', requestId, method, route, status, durationMs, ...problem })
}

/** One line for each call of an entrypoint that was refused or failed: its caller gets a code alone. */
export function logRefusedCall(
  entrypoint: string,
  requestId: string,
  status: number,
  problem: Problem,
): void {
  write(status, { event: 'refused_call', requestId, entrypoint, status, ...problem })
}

function write(status: number, line: object): void {
  if (status >= 500) console.error(line)
  else console.log(line)
}
