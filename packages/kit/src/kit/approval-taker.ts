import type { Approval } from '../approvals/approval.ts'
import { requireStore } from '../approvals/approval-store.ts'
import type { ApprovalAttempt, TakeApproval } from '../approvals/take-approval.ts'
import type { Auth } from '../claims/types.ts'
import { missingPart } from '../errors.ts'
import type { Denied } from '../http/decision.ts'
import type { HashSubject } from '../log/subject-hash.ts'
import { asOutage } from './denials.ts'
import { originOf, type Verifier, verifierPartsOf } from './verifier.ts'

/** What approvals are taken with, where a verifier has no parts for it. */
export interface ApprovalParts {
  readonly takeApproval?: TakeApproval | undefined
  readonly hashSubject?: HashSubject | undefined
}

/** Takes the approval of a request of a caller whom the verifier let through. */
export type ApprovalTaker = (
  auth: Auth,
  attempt: Omit<ApprovalAttempt, 'caller'>,
) => Promise<Approval | Denied>

/**
 * What takes approvals for a verifier. Outages are a denial with status 503.
 *
 * @throws ConfigError naming what is missing
 */
export function approvalTaker(verifier: Verifier, given: ApprovalParts = {}): ApprovalTaker {
  const {
    settings,
    takeApproval = given.takeApproval,
    hashSubject = given.hashSubject,
  } = verifierPartsOf(verifier)
  if (!takeApproval) throw missingPart('approved', 'approvals')
  requireStore(settings.approvals)
  return async (auth, attempt) => {
    // Of a schema's claims nobody knows what they are.
    const caller = originOf(auth)?.claims ?? auth.claims
    const safeVerify = verifier.safeVerify.bind(verifier)
    return takeApproval({ settings, hashSubject, safeVerify }, { ...attempt, caller }).catch(asOutage)
  }
}
