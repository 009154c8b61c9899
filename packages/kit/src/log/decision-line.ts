import { rightsOf } from '../claims/types.ts'
import type { KitError } from '../errors.ts'
import { readCredentials } from '../http/bearer.ts'
import type { Decision, DenialReason } from '../http/decision.ts'
import { parse } from '../tokens/parse.ts'
import { correlationOf } from './correlation.ts'
import type { Fields, Logger } from './logger.ts'
import { Pseudonyms } from './pseudonyms.ts'

/** What writes about callers. */
export interface CallerLog {
  readonly logger: Logger
  /** What subjects are hashed with; without it no line has one. */
  readonly logHashKey: string | undefined
}

/** The request that a line is about. */
export interface AboutRequest {
  readonly request: Request
  /** The pattern that matched: a path holds names and addresses of people. */
  readonly route?: string | undefined
}

/** Who the caller is said to be. */
export interface AboutCaller extends Partial<AboutRequest> {
  /** The token, or the request that carries it. */
  readonly source?: string | Request | null | undefined
  /** Claims that were verified before, where there is no token any more. */
  readonly claims?: Claims | undefined
  /** Of the upgrade that was, where there is no request any more. */
  readonly requestId?: string
  readonly traceId?: string
}

type Claims = Readonly<Record<string, unknown>>

/** Reasons that come after the signature: then what the token says is what its issuer said. */
const SIGNED: readonly DenialReason[] = [
  'missing_claim',
  'invalid_claim',
  'wrong_issuer',
  'wrong_audience',
  'expired',
  'not_yet_valid',
  'issued_in_future',
  'too_old',
  'revoked',
  'request_mismatch',
  'anonymous',
  'insufficient_rights',
  'identity_mismatch',
  'revocation_unavailable',
]

/** Before its signature was good a `kid` is anybody's text. */
const PLAIN_KID = /^[\w.~-]{1,64}$/

/**
 * Writes the line of a decision, if anybody gets it: a token is read again for that alone.
 *
 * @param about called only for a line that somebody gets
 * @param isLetThrough a denial that lets a guest through is none
 */
export function logDecision(
  { logger, logHashKey }: CallerLog,
  decision: Decision,
  about: () => AboutCaller,
  isLetThrough: boolean = decision.granted,
): void {
  if (isLetThrough && !logger.wantsGrants) return
  const isFailed = !decision.granted && decision.status >= 500
  const level = isLetThrough ? 'debug' : isFailed ? 'error' : 'warn'
  logger.decision(level, 'decision', () => {
    const caller = about()
    const { kid, claims } = readCaller(decision, caller)
    const fields = {
      request_id: caller.requestId,
      trace_id: caller.traceId,
      ...(caller.request && requestFields({ ...caller, request: caller.request })),
      decision: isLetThrough ? 'granted' : isFailed ? 'failed' : 'denied',
      ...(!decision.granted && denialFields(decision, isLetThrough, claims)),
      audience: textOf(claims.aud),
      client_id: textOf(claims.client_id),
      kid,
      jti: textOf(claims.jti),
      kind: textOf(claims.kind),
    } satisfies Fields
    const { sub } = claims
    if (logHashKey === undefined || typeof sub !== 'string') return fields
    return hasherOf(logHashKey)
      .of('log', sub)
      .then((sub_hash) => ({ ...fields, sub_hash }))
  })
}

/** Writes that a guard or an Agent could not decide: a fault of configuration or code. */
export function logFailure(logger: Logger, error: KitError, about: AboutRequest): void {
  const { code, message, status } = error
  logger.event({
    event: 'request_failed',
    level: 'error',
    ...requestFields(about),
    status,
    reason: code,
    detail: message,
  })
}

function requestFields({ request, route }: AboutRequest): Fields {
  const { cf, method } = request
  const { requestId, traceId } = correlationOf(request)
  return {
    request_id: requestId,
    trace_id: traceId,
    method,
    route,
    colo: textOf(cf && 'colo' in cf ? cf.colo : undefined),
  }
}

function denialFields(
  { status, reason, detail, failed }: Extract<Decision, { granted: false }>,
  isLetThrough: boolean,
  claims: Claims,
): Fields {
  if (isLetThrough) return { reason }
  const { permissions, roles } = rightsOf(claims)
  const isByPolicy = reason === 'insufficient_rights'
  return {
    status,
    reason,
    detail,
    rule: isByPolicy ? failed.join('; ') : undefined,
    held: isByPolicy ? `permissions: ${listOf(permissions)}; roles: ${listOf(roles)}` : undefined,
  }
}

function readCaller(
  decision: Decision,
  { source, claims = {} }: AboutCaller,
): { readonly kid?: string | undefined; readonly claims: Claims } {
  const credentials = readCredentials(source)
  if (credentials.form !== 'token') return { claims }
  try {
    const { header, payload } = parse(credentials.token)
    const { kid } = header
    return {
      kid: typeof kid === 'string' && PLAIN_KID.test(kid) ? kid : undefined,
      claims: decision.granted || SIGNED.includes(decision.reason) ? payload : {},
    }
  } catch {
    // A token that cannot be read.
    return { claims }
  }
}

/** A text, or texts, of a claim. */
function textOf(claim: unknown): string | undefined {
  const texts = [claim].flat().filter((one) => typeof one === 'string' && one !== '')
  return texts.length > 0 ? texts.join(', ') : undefined
}

function listOf(names: readonly string[]): string {
  return names.join(', ') || 'none'
}

/** The last one: a program has one key. */
let hasher: { readonly key: string; readonly pseudonyms: Pseudonyms } | undefined

function hasherOf(key: string): Pseudonyms {
  if (hasher?.key !== key) hasher = { key, pseudonyms: new Pseudonyms(() => key) }
  return hasher.pseudonyms
}
