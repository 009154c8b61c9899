import { authOf, rightsOf, type VerifiedClaims } from '../claims/types.ts'
import { APPROVAL_LEEWAY_SECONDS, APPROVAL_MEMORY_SECONDS, APPROVAL_TIMEOUT_MS } from '../constants.ts'
import { ClaimsError, ConfigError, type TokenReason } from '../errors.ts'
import { denial, type DenialReason, type Denied, outage } from '../http/decision.ts'
import { sha256 } from '../jose/sha256.ts'
import { logApprovalUse } from '../log/approval-line.ts'
import type { AboutRequest, CallerLog } from '../log/decision-line.ts'
import type { HashSubject } from '../log/subject-hash.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { PolicyParts } from '../policy/parts.ts'
import { withDeadline } from '../primitives/deadline.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { actHash } from '../tokens/act-hash.ts'
import type { VerifyOptions } from '../tokens/verify-options.ts'
import {
  type Act,
  type Approval,
  APPROVAL_HEADER,
  type ApprovalClaims,
  isApproval,
  keepToken,
  problemForCaller,
  TXN_TOKEN_TYP,
} from './approval.ts'
import { type ApprovalStore, requireStore } from './approval-store.ts'

/** What verifies approvals: a verifier, as far as it is needed. */
export interface ApprovalVerifier {
  readonly settings: CallerLog & {
    readonly issuer: string
    readonly leewaySeconds: number
    readonly approvals?: ApprovalStore | undefined
  }
  readonly hashSubject?: HashSubject | undefined
  safeVerify(
    token: string,
    options: VerifyOptions,
  ): Promise<
    | { readonly ok: true; readonly claims: VerifiedClaims }
    | { readonly ok: false; readonly reason: TokenReason; readonly detail: string }
  >
}

/** Who wants to act, with what, under which policy. */
export interface ApprovalAttempt extends AboutRequest {
  /** The verified claims of the bearer token. */
  readonly caller: VerifiedClaims
  /** What the request is about to do. */
  readonly act: () => Act | Promise<Act>
  readonly rules: PolicyParts
}

/** Takes the approval of a request, or says why none counts. */
export type TakeApproval = (
  verifier: ApprovalVerifier,
  attempt: ApprovalAttempt,
) => Promise<Approval | Denied>

/** What is told of a token that does not verify. */
const REASONS: { readonly [Reason in TokenReason]?: DenialReason } = {
  expired: 'approval_expired',
  wrong_audience: 'approval_mismatch',
}

/**
 * Takes the approval that a request carries in `Txn-Token`: it is verified offline, held against the bearer, the policy and
 * what the request is about to do, and then used up.
 *
 * @throws ConfigError where nothing is configured that knows what was used, and for an `act` that is none
 * @throws KeysUnavailableError, RevocationUnavailableError for outages
 */
export const takeApproval: TakeApproval = async (verifier, attempt) => {
  const { settings } = verifier
  const store = requireStore(settings.approvals)
  const { request, caller, rules } = attempt
  const token = request.headers.get(APPROVAL_HEADER)
  if (!token) return denial(403, 'approval_missing', `the request has no ${APPROVAL_HEADER}`)
  const leewaySeconds = Math.min(settings.leewaySeconds, APPROVAL_LEEWAY_SECONDS)
  const verified = await verifier.safeVerify(token, { typ: TXN_TOKEN_TYP, leewaySeconds })
  if (!verified.ok) {
    const { reason, detail } = verified
    return denial(403, REASONS[reason] ?? 'approval_invalid', `${reason}: ${detail}`)
  }
  const { claims } = verified
  if (!isApproval(claims)) return denial(403, 'approval_invalid', 'the transaction token approves nothing')
  const problem = problemForCaller(claims, caller)
  if (problem !== undefined) return denial(403, 'approval_mismatch', problem)
  const act = await readAct(attempt.act)
  if (!act || (await hashOf(act)) !== claims.act_hash) {
    return denial(403, 'approval_mismatch', 'the person approved another tool, or other arguments')
  }
  const { permissions } = rightsOf(claims)
  const auth = authOf(caller)
  const held = auth.permissions.filter((one) => permissions.includes(one))
  const { passed, failed } = await evaluate(rules, { ...auth, permissions: held })
  if (!passed)
    return denial(403, 'approval_mismatch', 'the approval does not cover what the policy requires', failed)
  const denied = await use(store, settings.issuer, claims)
  if (denied) return denied
  logApprovalUse(settings, attempt, claims, verifier.hashSubject)
  const { sub, act: actor, txn, jti, iat } = claims
  return keepToken(
    Object.freeze({ ...act, sub, agent: actor.sub, txn, jti, permissions, approvedAt: iat }),
    token,
  )
}

/** `undefined` for a request in which no act can be read: its body is no JSON. */
async function readAct(read: ApprovalAttempt['act']): Promise<Act | undefined> {
  let act: unknown
  try {
    act = await read()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (isObject(act) && typeof act.tool === 'string' && act.tool !== '')
    return { tool: act.tool, args: act.args }
  throw new ConfigError('approved must give { tool, args } of the request: tool is a non-empty string')
}

/** `undefined` for what has no JSON: nobody can have approved it. */
async function hashOf({ tool, args }: Act): Promise<string | undefined> {
  try {
    return await actHash(tool, args)
  } catch (error) {
    if (error instanceof ClaimsError) return undefined
    throw error
  }
}

/** Uses an approval up, or says why it is not to be had. */
async function use(
  store: ApprovalStore,
  issuer: string,
  { jti, exp }: ApprovalClaims,
): Promise<Denied | undefined> {
  const name = await sha256(encodeUtf8(`${issuer}\n${jti}`))
  try {
    const isFirst = await withDeadline(
      store.use(name, Math.ceil(exp) + APPROVAL_MEMORY_SECONDS),
      APPROVAL_TIMEOUT_MS,
    )
    if (isFirst === true) return undefined
    if (isFirst === false) return denial(403, 'approval_used', 'the approval was used before')
  } catch {
    // What is wrong with the store is no verdict on the approval.
  }
  return outage('approval_unavailable', 'it could not be noted that the approval is used', 5)
}
