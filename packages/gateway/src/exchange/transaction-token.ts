import { ClaimsError, type VerifiedClaims } from '@sealgate/kit'
import { issueInternal, type IssueRequest, TXN_TOKEN_TYP } from '@sealgate/kit/gateway'
import { GatewayError } from '../errors.ts'
import type { IssuedClaims } from './rules.ts'
import type { Issuing } from './issue.ts'

/** "Minutes or less": a transaction is one request through several services. Seconds. */
const MAX_LIFE_SECONDS = 300

/** The most that the JSON of one context may take: it travels in a header. Characters. */
const MAX_CONTEXT_LENGTH = 2048

export type TransactionContext = Readonly<Record<string, unknown>>

export interface TransactionRequest {
  readonly audience: string
  /** What an exchange for this audience and scope would put into an access token. */
  readonly claims: IssuedClaims
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** The workload that makes the request, authenticated. */
  readonly workload: string
  /** Details that nobody changes on the way (`tctx`). */
  readonly details?: TransactionContext | undefined
  /** Circumstances of the request (`rctx`). */
  readonly context?: TransactionContext | undefined
}

/**
 * A transaction token: who the whole chain of services works for, and what for.
 *
 * @throws GatewayError `invalid_request` when what was requested does not fit into a token
 */
export async function issueTransaction(
  gateway: Issuing,
  { audience, claims, expiresAt, workload, details, context }: TransactionRequest,
): Promise<{ readonly token: string; readonly expiresIn: number }> {
  const { sub, kind, auth_iat: authIat, permissions, tid, org_id: orgId } = claims
  const issuedAt = Math.floor(gateway.now())
  const ends = Math.min(expiresAt, issuedAt + MAX_LIFE_SECONDS)
  const token = await issueOrReject(gateway, {
    claims: {
      sub,
      kind,
      auth_iat: authIat,
      txn: crypto.randomUUID(),
      scope: permissions.join(' '),
      req_wl: workload,
      ...(details && { tctx: details }),
      ...(context && { rctx: context }),
      ...(tid !== undefined && { tid }),
      ...(orgId !== undefined && { org_id: orgId }),
    },
    aud: audience,
    expiresAt: ends,
    typ: TXN_TOKEN_TYP,
  })
  return { token, expiresIn: ends - issuedAt }
}

/** A person's yes to one action. */
export interface ApprovalRequest {
  /** Of the person's own token: they themself approve. */
  readonly subject: VerifiedClaims
  /** Who requests it, and will act. */
  readonly service: string
  readonly audience: string
  /** What is approved: the hash of tool and arguments. */
  readonly actHash: string
  readonly scope: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** An approval, and what the log tells of it. */
export interface IssuedApproval {
  readonly token: string
  readonly sub: string
  readonly jti: string
  readonly audience: string
}

/** The token of an approval: the transaction is the one action that it names, and `act` is who may do it. */
export async function issueApproval(
  gateway: Issuing,
  { subject, service, audience, actHash, scope, expiresAt }: ApprovalRequest,
): Promise<IssuedApproval> {
  const { sub, act, auth_iat: authIat, iat, tid, org_id: orgId } = subject
  const jti = crypto.randomUUID()
  const token = await issueOrReject(gateway, {
    claims: {
      sub,
      kind: 'user',
      auth_iat: authIat ?? iat,
      act: { iss: gateway.config.issuer, sub: service, ...(act && { act }) },
      ...defined({ tid, org_id: orgId }),
      txn: crypto.randomUUID(),
      scope: scope.join(' '),
      req_wl: service,
      act_hash: actHash,
      jti,
    },
    aud: audience,
    expiresAt,
    typ: TXN_TOKEN_TYP,
  })
  return { token, sub, jti, audience }
}

/** What a replacement is to have less of. */
export interface Narrowing {
  /** Default: the whole scope. */
  readonly permissions?: readonly string[] | undefined
  /** Default: what is left of the lifetime. */
  readonly ttlSeconds?: number | undefined
}

/**
 * A replacement for a transaction token, for a service on the way: `txn`, `sub`, `aud` and the details stay, the scope
 * only narrows, the lifetime is never longer.
 *
 * @throws GatewayError `invalid_scope`, `invalid_request`; `invalid_token` for an approval
 */
export async function replaceTransaction(
  gateway: Issuing,
  service: string,
  claims: VerifiedClaims,
  { permissions, ttlSeconds = Infinity }: Narrowing,
): Promise<string> {
  // It is used once, by whom it names: what replaced it would be a second one.
  if (claims.act_hash !== undefined) throw new GatewayError('invalid_token', { detail: 'an approval' })
  const held = typeof claims.scope === 'string' ? claims.scope.split(' ') : []
  const kept = permissions ?? held
  const known = new Set(held)
  if (kept.length === 0 || !kept.every((one) => known.has(one))) {
    throw new GatewayError('invalid_scope', { detail: 'a replacement only narrows' })
  }
  const { sub, aud, exp, kind, auth_iat: authIat, txn, tctx, rctx, tid, org_id: orgId } = claims
  if (typeof aud !== 'string') throw new GatewayError('invalid_token', { detail: 'aud is not one audience' })
  return issueOrReject(gateway, {
    claims: {
      sub,
      ...(kind !== undefined && { kind }),
      ...(authIat !== undefined && { auth_iat: authIat }),
      ...defined({ txn, tctx, rctx, tid, org_id: orgId }),
      scope: kept.join(' '),
      req_wl: service,
    },
    aud,
    expiresAt: Math.floor(Math.min(exp, gateway.now() + ttlSeconds)),
    typ: TXN_TOKEN_TYP,
  })
}

/** Details, scope and lifetime are the caller's: a token that cannot be made of them is no fault of ours. */
async function issueOrReject(gateway: Issuing, request: IssueRequest): Promise<string> {
  try {
    return await issueInternal(gateway.kitFor(request.aud), request)
  } catch (error) {
    if (error instanceof ClaimsError) throw new GatewayError('invalid_request', { detail: error.message })
    throw error
  }
}

/** @throws GatewayError `invalid_request` for what is not a JSON object of a bearable size */
export function readContext(name: string, text: string | undefined): TransactionContext | undefined {
  if (text === undefined) return undefined
  const value = text.length > MAX_CONTEXT_LENGTH ? undefined : parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GatewayError('invalid_request', {
      description: `The ${name} is not a JSON object of at most ${MAX_CONTEXT_LENGTH} characters`,
    })
  }
  return { ...value }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
