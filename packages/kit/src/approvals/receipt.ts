import { canonicalJson } from '../primitives/canonical-json.ts'
import type { Act } from './approval.ts'

/** The `typ` header of a receipt: it is no token. */
export const RECEIPT_TYP = 'approval-receipt+jws'

/** What a receipt says, and what is signed of it. */
export interface ReceiptContent {
  /** The claims of the approval, as the gateway signed them. */
  readonly approval: Readonly<Record<string, unknown>>
  /** When the gateway signed it: seconds since the epoch. */
  readonly issued_at: number
  /** What came of the act, in the words of the service that did it: JSON. */
  readonly outcome: unknown
}

/**
 * What came of an act that a person approved, signed by the gateway: a detached JWS (RFC 7515 appendix F) over the canonical
 * JSON (RFC 8785) of `approval`, `issued_at` and `outcome`.
 */
export interface Receipt extends ReceiptContent {
  /** What was done, as the approval's `act_hash` holds it. The gateway knows its hash alone. */
  readonly act?: Act
  /** The detached JWS: header, nothing, signature. */
  readonly jws: string
}

/** The text that is signed. */
export function receiptText({ approval, issued_at, outcome }: ReceiptContent): string {
  return canonicalJson({ approval, issued_at, outcome })
}
