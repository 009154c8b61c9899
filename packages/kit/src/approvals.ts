/**
 * Approvals of people where they are taken: the Durable Object that knows which were used, and the check without Hono.
 *
 * @module @sealgate/kit/approvals
 */
export type { Act, Approval } from './approvals/approval.ts'
export type { Receipt, ReceiptContent } from './approvals/receipt.ts'
export { type RejectedReceipt, type VerifiedReceipt, verifyReceipt } from './approvals/verify-receipt.ts'
export type { ApprovalStore } from './approvals/approval-store.ts'
export { UsedApprovals } from './approvals/used-approvals.ts'
export { type Approved, verifyApproval, type VerifyApprovalOptions } from './kit/verify-approval.ts'
export { actHash } from './tokens/act-hash.ts'
