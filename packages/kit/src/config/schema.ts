import type { KeyRow, Table } from './row.ts'
import { SIGN_KEYS, SIGN_SETTINGS, type SignKeyInputs, type SignPlain } from './schema-sign.ts'
import {
  APPROVAL_SETTINGS,
  type ApprovalPlain,
  DENYLIST_SETTINGS,
  type DenylistPlain,
  VERIFY_KEYS,
  VERIFY_SETTINGS,
  type VerifyKeyInputs,
  type VerifyPlain,
} from './schema-verify.ts'

/** Every setting of a kit but its keys, checked: those of a verifier, and those of a signer. */
export interface PlainSettings extends VerifyPlain, DenylistPlain, ApprovalPlain, SignPlain {}

/** Both tables. No row is here: a verifier has its own alone. */
export const SETTINGS: Table<PlainSettings> = {
  ...VERIFY_SETTINGS,
  ...DENYLIST_SETTINGS,
  ...APPROVAL_SETTINGS,
  ...SIGN_SETTINGS,
}

export const KEYS: { readonly [Name in keyof (VerifyKeyInputs & SignKeyInputs)]: KeyRow } = {
  ...VERIFY_KEYS,
  ...SIGN_KEYS,
}
