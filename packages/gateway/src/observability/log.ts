import { parse } from '@sealgate/kit'
import type { Correlation, Fields, Logger, Pseudonyms } from '@sealgate/kit/gateway'
import type { Level, Outcome } from '@sealgate/kit/log'
import { problemOf } from '../errors.ts'
import type { Trace } from './trace.ts'

/** What writes lines about callers. */
export interface CallerLog {
  readonly logger: Logger
  readonly pseudonyms: Pseudonyms
}

/** What became of a request to the public face. */
export interface RequestOutcome {
  readonly request: Request
  readonly status: number
  /** Milliseconds. */
  readonly ms: number
  /** Why it was rejected or failed. */
  readonly error: Error | undefined
}

/**
 * Writes the line of a request, if anybody gets it. Members are named one by one: what is not named here is never logged.
 * The path stays out: services put names and addresses into theirs.
 *
 * @param pseudonyms `undefined` where there is no gateway, and so no caller
 */
export function logRequest(
  logger: Logger,
  pseudonyms: Pseudonyms | undefined,
  trace: Trace,
  { request, status, ms, error }: RequestOutcome,
): void {
  const level = levelOf(status, error)
  if (level === 'debug' && !logger.wantsGrants) return
  const { subject, login, timings } = trace
  const fields = (): Fields => ({
    request_id: trace.requestId,
    trace_id: trace.traceId,
    decision: outcomeOf(level, status),
    status,
    ...(error && problemOf(error)),
    method: request.method,
    route: trace.route,
    ms,
    t_idp_ms: timings.idp,
    t_verify_ms: timings.verify,
    t_policy_ms: timings.policy,
    t_service_ms: timings.service,
    colo: coloOf(request),
    audience: trace.audience,
    client_id: trace.clientId,
    kind: trace.kind,
    ...(trace.issued === undefined ? presentedFields(trace.presented) : issuedFields(trace.issued)),
  })
  const withHashes = async (): Promise<Fields> => ({
    ...fields(),
    sub_hash: subject === undefined ? undefined : await pseudonyms?.of('log', subject),
    tried_hash: login === undefined ? undefined : await pseudonyms?.of('limit', login),
  })
  logger.decision(level, 'request', subject === undefined && login === undefined ? fields : withHashes)
}

/** Writes the line of a call of an entrypoint that was rejected or failed: its caller gets a code alone. */
export function logDeniedCall(logger: Logger, { correlation, entrypoint, status, error }: DeniedCall): void {
  const level = levelOf(status, error)
  logger.decision(level, 'denied_call', () => ({
    request_id: correlation.requestId,
    trace_id: correlation.traceId,
    decision: outcomeOf(level, status),
    status,
    ...problemOf(error),
    entrypoint,
  }))
}

export interface DeniedCall {
  readonly correlation: Pick<Correlation, 'requestId' | 'traceId'>
  /** Class and method: `Exchange.delegate`. */
  readonly entrypoint: string
  readonly status: number
  readonly error: unknown
}

/** What became of an approval, and whose it is. */
export interface ApprovalLog {
  readonly correlation: Pick<Correlation, 'requestId' | 'traceId'>
  readonly entrypoint: string
  readonly outcome: 'issued' | 'receipt'
  readonly approval: { readonly sub: string; readonly jti: string; readonly audience: string }
}

/** Writes that an approval was issued, or that what came of it was signed. Neither what was approved nor its arguments. */
export function logApproval(
  { logger, pseudonyms }: CallerLog,
  { correlation, entrypoint, outcome, approval: { sub, jti, audience } }: ApprovalLog,
): void {
  logger.decision('info', 'approval', async () => ({
    request_id: correlation.requestId,
    trace_id: correlation.traceId,
    entrypoint,
    outcome,
    audience,
    jti,
    sub_hash: await pseudonyms.of('log', sub),
  }))
}

/** What an operator did, and by which key. */
export interface OperationLog extends Pick<Fields, 'outcome' | 'detail' | 'jti' | 'thumbprint'> {
  readonly request_id: string
  readonly trace_id: string
  readonly kid: string
  readonly operation: string
  /** Who was revoked. */
  readonly subject?: string
}

/** Writes the line of an operation. Members are named one by one: no token, and no subject. */
export function logOperation({ logger, pseudonyms }: CallerLog, { subject, ...fields }: OperationLog): void {
  const { request_id, trace_id, kid, operation, outcome, detail, jti, thumbprint } = fields
  const named: Fields = { request_id, trace_id, kid, operation, outcome, detail, jti, thumbprint }
  logger.decision('info', 'operation', () =>
    subject === undefined
      ? named
      : pseudonyms.of('log', subject).then((sub_hash) => ({ ...named, sub_hash })),
  )
}

/** A service's 401 and 403 count as what we deny; its other errors are its own. */
function levelOf(status: number, error: unknown): Level {
  if (status >= 500) return 'error'
  const isDenied = status === 401 || status === 403 || (error !== undefined && status >= 400)
  return isDenied ? 'warn' : 'debug'
}

function outcomeOf(level: Level, status: number): Outcome {
  if (status >= 500) return 'failed'
  return level === 'warn' ? 'denied' : 'granted'
}

function coloOf({ cf }: Request): string | undefined {
  const colo: unknown = cf && 'colo' in cf ? cf.colo : undefined
  return typeof colo === 'string' ? colo : undefined
}

/** Before its signature was good a `kid` is anybody's text. */
const PLAIN_KID = /^[\w.~-]{1,64}$/

/** Which key a token names that did not count. */
function presentedFields(token: string | undefined): Fields {
  if (token === undefined) return {}
  try {
    const { kid } = parse(token).header
    return typeof kid === 'string' && PLAIN_KID.test(kid) ? { kid } : {}
  } catch {
    return {}
  }
}

/** By what the lines of services are found: they name the token that they got. */
function issuedFields(token: string | undefined): Fields {
  if (token === undefined) return {}
  const { header, payload } = parse(token)
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return { kid: text(header.kid), jti: text(payload.jti), kind: text(payload.kind) }
}
