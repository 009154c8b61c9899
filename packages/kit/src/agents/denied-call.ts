import type { DenialReason } from '../http/decision.ts'

/** Why a tool call was denied. */
export type CallDenialReason = DenialReason | 'credentials_gone'

/** What a tool returns in place of its own result when its call was denied: something that a model can explain. */
export interface DeniedCall {
  /** Always true: no result of the tool itself. */
  readonly denied: true
  /** One stable word. */
  readonly reason: CallDenialReason
  /** For the model, which tells the person in its words. */
  readonly message: string
}

const RIGHTS = 'The user does not have the right to use this tool. Do not try it again.'
const LOGIN = 'The login of the user has ended. Nothing was done. They have to log in again.'

const WORDS: Readonly<Partial<Record<CallDenialReason, string>>> = {
  insufficient_rights: RIGHTS,
  anonymous: 'This tool needs a user who is logged in. Nothing was done.',
  expired: LOGIN,
  revoked: LOGIN,
  approval_missing: 'The user has not approved this call. Nothing was done.',
  approval_mismatch: 'What was approved is not this call. Nothing was done.',
  approval_used: 'This approval was used before. Nothing more was done.',
  approval_expired: 'The approval came too late. Nothing was done. Ask again if the user still wants it.',
  credentials_gone:
    'The connection was idle for too long. Nothing was done. The user reloads the page and asks again.',
}

export function deniedCall(reason: CallDenialReason): DeniedCall {
  return { denied: true, reason, message: WORDS[reason] ?? 'This call was denied. Nothing was done.' }
}

/** Whether the result of a tool is a denial. */
export function isDeniedCall(value: unknown): value is DeniedCall {
  return (
    typeof value === 'object' &&
    value !== null &&
    'denied' in value &&
    value.denied === true &&
    'reason' in value
  )
}
