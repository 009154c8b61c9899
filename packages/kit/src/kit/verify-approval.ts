import type { Act, Approval } from '../approvals/approval.ts'
import { takeApproval } from '../approvals/take-approval.ts'
import type { Denied, Granted } from '../http/decision.ts'
import { hashSubject } from '../log/subject-hash.ts'
import type { Rules } from '../policy/builder.ts'
import { partsOfRules } from '../policy/parts.ts'
import { approvalTaker } from './approval-taker.ts'
import { decide, type Verifier } from './verifier.ts'

/** The caller may act, once: a person said yes to it. */
export interface Approved<Custom = unknown> extends Granted<Custom> {
  /** The yes. */
  readonly approval: Approval
}

/** What a request with an approval is held against. */
export interface VerifyApprovalOptions<Custom = unknown> {
  /** The kit or verifier of the service. */
  readonly kit: Verifier
  /** Whom the bearer token may be of. Default: any verified caller that is not anonymous. */
  readonly policy?: Rules<Custom>
}

/**
 * As the guard's option `approved`, for code without Hono: the bearer token of a request, and a person's yes to what the
 * request is about to do, which is used up.
 *
 * @param act what the request is about to do, or what reads it of the request once the caller is known
 * @throws ConfigError where nothing is configured that knows what was used, and for an `act` that is none
 */
export async function verifyApproval<Custom = unknown>(
  request: Request,
  act: Act | (() => Act | Promise<Act>),
  { kit, policy }: VerifyApprovalOptions<Custom>,
): Promise<Approved<Custom> | Denied> {
  const take = approvalTaker(kit, { takeApproval, hashSubject })
  const rules = partsOfRules(policy)
  const decision = await decide<Custom>(kit, request, rules)
  if (!decision.granted) return decision
  const taken = await take(decision.auth, {
    request,
    rules,
    act: typeof act === 'function' ? act : () => act,
  })
  return 'granted' in taken ? taken : { ...decision, approval: taken }
}
