import type { Actor, VerifiedClaims } from '../claims/types.ts'

/** The `typ` header of a transaction token (draft-ietf-oauth-transaction-tokens §5), which an approval is. */
export const TXN_TOKEN_TYP = 'txntoken+jwt'

/** Where an approval comes, beside the bearer token of who acts. */
export const APPROVAL_HEADER = 'Txn-Token'

/** One action: what is done, and what with. */
export interface Act {
  /** The name of what is done. */
  readonly tool: string
  /** What it is done with: any JSON. */
  readonly args: unknown
}

/** A person's yes to one action of an agent, which this request used up. */
export interface Approval extends Act {
  /** The person: the `sub` of the caller too. */
  readonly sub: string
  /** The service whose Agent acts: the caller's actor. */
  readonly agent: string
  /** The transaction, whatever services it passes. */
  readonly txn: string
  /** The id of the yes: by this the lines of the log, and a receipt, are found. */
  readonly jti: string
  /** What the yes covers of the caller's permissions. */
  readonly permissions: readonly string[]
  /** When the gateway took the yes: seconds since the epoch. */
  readonly approvedAt: number
}

/** The claims of an approval. */
export type ApprovalClaims = VerifiedClaims & {
  readonly act: Actor
  readonly act_hash: string
  readonly jti: string
  readonly txn: string
}

/** Whether a transaction token is a person's yes: others of its `typ` approve nothing. */
export function isApproval(claims: VerifiedClaims): claims is ApprovalClaims {
  const { kind, act, act_hash: hash, jti, txn } = claims
  return (
    kind === 'user' &&
    act !== undefined &&
    jti !== undefined &&
    typeof hash === 'string' &&
    typeof txn === 'string'
  )
}

/** What keeps an approval from being one for this caller; `undefined`: nothing. */
export function problemForCaller(
  { sub, act }: ApprovalClaims,
  { sub: caller, act: actor }: VerifiedClaims,
): string | undefined {
  if (sub !== caller) return 'another person approved'
  return actor?.sub !== act.sub || actor.iss !== act.iss
    ? 'the person approved it for another agent'
    : undefined
}

/** The token of each approval that was taken; never on the object itself. */
const tokens = new WeakMap<Approval, string>()

/** Makes an approval known as one that was taken here. */
export function keepToken(approval: Approval, token: string): Approval {
  tokens.set(approval, token)
  return approval
}

/** The token of an approval; `undefined` for one that was not taken here. */
export function tokenOf(approval: Approval): string | undefined {
  return tokens.get(approval)
}
