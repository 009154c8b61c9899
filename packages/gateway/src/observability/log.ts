import type { EventLine as KitLine } from '@sealgate/kit'
import type { Problem } from '../errors.ts'

/** One request to the public face. The path stays out: services put names and addresses into theirs. */
export interface RequestLog {
  readonly requestId: string
  readonly traceId: string
  readonly method: string
  /** The pattern that matched; absent when nothing did. */
  readonly route: string | undefined
  readonly status: number
  readonly durationMs: number
  /** A keyed hash of the caller's `sub`. */
  readonly user?: string
  /** A keyed hash of the name that a password was tried for; no hash of a `sub` is equal to it. */
  readonly triedUser?: string
  readonly problem?: Problem
}

/** The line of a request to the public face. */
export interface RequestLine extends Omit<RequestLog, 'problem' | 'user' | 'triedUser'>, Partial<Problem> {
  readonly event: 'request'
  readonly user: string | undefined
  readonly triedUser: string | undefined
}

/** The line of a call of an entrypoint that was rejected or failed. */
export interface DeniedCallLine extends Problem {
  readonly event: 'denied_call'
  readonly requestId: string
  readonly traceId: string
  /** Class and method: `Exchange.delegate`. */
  readonly entrypoint: string
  readonly status: number
}

/** The line of what an operator did. */
export interface OperationLine {
  readonly event: 'operation'
  readonly requestId: string
  readonly traceId: string
  readonly kid: string
  readonly operation: string
  readonly outcome: string
  readonly user: string | undefined
  readonly jti: string | undefined
  readonly thumbprint: string | undefined
  readonly issued: string | undefined
}

/** What became of one request or call. */
export type DecisionLine = RequestLine | DeniedCallLine | OperationLine

/** What belongs to no single request (docs/reference/errors.md). */
export type EventName =
  | 'assertion_use_not_recorded'
  | 'client_without_audiences'
  | 'cookies_without_secure'
  | 'hook_failed'
  | 'log_hash_key_missing'
  | 'rate_limiter_failed'
  | 'rate_limiter_missing'
  | 'rate_limiter_shared'
  | 'refresh_token_not_revoked'
  | 'secret_not_read'
  | 'session_store_replaced'
  | 'unknown_variable'

/** A fault or warning: of the gateway, or of the kit within it. */
export type EventLine = { readonly event: EventName; readonly detail?: string } | KitLine

export type LogLine = DecisionLine | EventLine

/** Takes each line as well, to ship it elsewhere. */
export type Ship = ((line: LogLine) => void) | undefined

/**
 * One line of JSON for each request. Members are named one by one: what is not named here is never logged. No token,
 * code, cookie, secret, e-mail address or IP address.
 */
export function logRequest(
  { requestId, traceId, method, route, status, durationMs, user, triedUser, problem }: RequestLog,
  ship?: Ship,
): void {
  const line: RequestLine = {
    event: 'request',
    requestId,
    traceId,
    method,
    route,
    status,
    durationMs,
    user,
    triedUser,
    ...problem,
  }
  write(status, line, ship)
}

/** One line for each call of an entrypoint that was rejected or failed: its caller gets a code alone. */
export function logDeniedCall(
  entrypoint: string,
  { requestId, traceId }: Pick<DeniedCallLine, 'requestId' | 'traceId'>,
  status: number,
  problem: Problem,
  ship?: Ship,
): void {
  write(status, { event: 'denied_call', requestId, traceId, entrypoint, status, ...problem }, ship)
}

/** What an operator did, and by which key. */
export interface OperationLog {
  readonly requestId: string
  readonly traceId: string
  readonly kid: string
  readonly operation: string
  readonly outcome: string
  /** A keyed hash of the `sub` that was revoked. */
  readonly user?: string
  readonly jti?: string
  readonly thumbprint?: string
  /** Whose token was looked at. */
  readonly issued?: string
}

/** One line for each operation. Members are named one by one: no token, and no subject. */
export function logOperation(
  { requestId, traceId, kid, operation, outcome, user, jti, thumbprint, issued }: OperationLog,
  ship?: Ship,
): void {
  const line: OperationLine = {
    event: 'operation',
    requestId,
    traceId,
    kid,
    operation,
    outcome,
    user,
    jti,
    thumbprint,
    issued,
  }
  write(200, line, ship)
}

/** A fault or warning that belongs to no single request. The name is a stable word. */
export function logEvent(level: 'warn' | 'error', event: EventName, ship?: Ship, detail?: string): void {
  const line = { event, ...(detail !== undefined && { detail }) }
  console[level](line)
  ship?.(line)
}

/** What the kit says of itself and logs, shipped. */
export function kitReporter(ship: Ship): (line: KitLine) => void {
  return (line) => {
    if (line.level !== 'debug') ship?.(line)
  }
}

function write(status: number, line: DecisionLine, ship: Ship): void {
  if (status >= 500) console.error(line)
  else console.log(line)
  ship?.(line)
}
