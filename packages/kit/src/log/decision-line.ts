import { rightsOf } from '../claims/types.ts'
import type { KitError } from '../errors.ts'
import { readCredentials } from '../http/bearer.ts'
import type { Decision, DenialReason, Denied } from '../http/decision.ts'
import { parse } from '../tokens/parse.ts'
import { requestIdsOf } from './request-ids.ts'
import type { Fields, Logger } from './logger.ts'
import type { HashSubject } from './subject-hash.ts'

/** What writes about callers. */
export interface CallerLog {
  readonly logger: Logger
  /** What subjects are hashed with; without it no line has a hash. */
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
  /** Claims that were verified before, where the token is not to be read again. */
  readonly claims?: Claims | undefined
  /** Of the header of that token. */
  readonly kid?: string | undefined
  /** Of the upgrade that was, where there is no request any more. */
  readonly requestId?: string
  readonly traceId?: string
}

type Claims = Readonly<Record<string, unknown>>

/** Reasons that come after the signature, with those of approvals: then what the token says is what its issuer said. */
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
  'replayed',
  'anonymous',
  'insufficient_rights',
  'identity_mismatch',
  'replay_unavailable',
  'revocation_unavailable',
]

/** Before its signature was good a `kid` is anybody's text. */
const PLAIN_KID = /^[\w.~-]{1,64}$/

/**
 * Writes the line of a decision, if anybody gets it: a token is read again for that alone.
 *
 * @param about called only for a line that somebody gets
 * @param isLetThrough a denial that lets a guest through is none
 * @param hashSubject without it no line has the hash of a subject
 */
export function logDecision(
  { logger, logHashKey }: CallerLog,
  decision: Decision,
  about: () => AboutCaller,
  isLetThrough: boolean = decision.granted,
  hashSubject?: HashSubject,
): void {
  if (isLetThrough && !logger.wantsGrants) return
  const { status, reason, detail, failed }: Partial<Denied> = decision.granted ? {} : decision
  const isFailed = status === 503
  logger.decision(isLetThrough ? 'debug' : isFailed ? 'error' : 'warn', 'decision', () => {
    const { request, route, requestId, traceId, source, ...held } = about()
    const [kid, claims = {}] = readToken(source, reason) ?? [held.kid, held.claims]
    const { sub } = claims
    const fields: Fields = {
      ...(request ? requestFields({ request, route }) : { request_id: requestId, trace_id: traceId }),
      decision: isLetThrough ? 'granted' : isFailed ? 'failed' : 'denied',
      reason,
      ...(!isLetThrough && { status, detail }),
      ...(reason === 'insufficient_rights' && {
        rule: failed?.join('; '),
        held: heldBy(claims),
      }),
      audience: textOf(claims.aud),
      client_id: textOf(claims.client_id),
      kid: PLAIN_KID.exec(textOf(kid) ?? '')?.[0],
      jti: textOf(claims.jti),
      kind: textOf(claims.kind),
    }
    if (!hashSubject || logHashKey === undefined || typeof sub !== 'string') return fields
    return hashSubject(logHashKey, sub).then((sub_hash) => ({ ...fields, sub_hash }))
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

export function requestFields({ request, route }: AboutRequest): Fields {
  const { cf, method } = request
  const { requestId, traceId } = requestIdsOf(request)
  return {
    request_id: requestId,
    trace_id: traceId,
    method,
    route,
    colo: textOf((cf as { readonly colo?: unknown } | undefined)?.colo),
  }
}

/**
 * What a token says of itself, as far as it was found good: without a reason all of it. `undefined` for what is no token, or
 * cannot be read.
 */
function readToken(
  source: AboutCaller['source'],
  reason: DenialReason | undefined,
): readonly [kid: unknown, claims: Claims | undefined] | undefined {
  const credentials = readCredentials(source)
  if (credentials.form !== 'token') return undefined
  try {
    const { header, payload } = parse(credentials.token)
    return [
      header.kid,
      !reason || reason.startsWith('approval_') || SIGNED.includes(reason) ? payload : undefined,
    ]
  } catch {
    return undefined
  }
}

/** A text, or texts, of a claim. */
export function textOf(claim: unknown): string | undefined {
  const texts: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  return texts.filter((one) => typeof one === 'string').join(', ') || undefined
}

function heldBy(claims: Claims): string {
  const { permissions, roles } = rightsOf(claims)
  return `permissions: ${listOf(permissions)}; roles: ${listOf(roles)}`
}

function listOf(names: readonly string[]): string {
  return names.join(', ') || 'none'
}
