import type { RejectedReceipt, VerifiedReceipt } from '@sealgate/kit/approvals'
import { printable } from '../terminal/printable.ts'

/** What a receipt says once it was verified: who let whom do what, what came of it, and who vouches for it since when. */
export function describeReceipt({ receipt, kid, thumbprint }: VerifiedReceipt): readonly string[] {
  const { approval, act, outcome, issued_at: issuedAt } = receipt
  const { act: actor } = approval
  const agent = typeof actor === 'object' && actor !== null && 'sub' in actor ? actor.sub : undefined
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['approved by', `${textOf(approval.sub)}, ${timeOf(approval.iat)}`],
    [
      'act',
      act ? `${act.tool} ${textOf(act.args)}` : `known by its hash alone: ${textOf(approval.act_hash)}`,
    ],
    ['done by', `${textOf(agent)}, at ${textOf(approval.aud)}`],
    ['outcome', textOf(outcome)],
    ['transaction', textOf(approval.txn)],
    ['approval', textOf(approval.jti)],
    ['signed by', `${textOf(approval.iss)}, ${timeOf(issuedAt)}`],
    ['key', `${kid} (${thumbprint})`],
  ]
  return ['The receipt holds.', ...rows.map(([name, text]) => printable(`  ${name.padEnd(12)} ${text}`))]
}

/** Why a receipt does not hold, and what may be done. */
export function describeRejection({ reason, detail }: RejectedReceipt): readonly string[] {
  const hint =
    reason === 'unknown_kid'
      ? ['Keys leave the published set when they end: look for a copy from the time of the receipt.']
      : []
  return [`The receipt does not hold: ${reason}: ${printable(detail)}.`, ...hint]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function timeOf(seconds: unknown): string {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : NaN)
  return Number.isNaN(date.getTime()) ? 'at a time that is none' : date.toISOString()
}
