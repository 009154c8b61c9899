import { type TakeApproval, takeApproval } from '../approvals/take-approval.ts'
import type { VerifierSettings } from '../config/settings.ts'
import type { Table } from '../config/row.ts'
import { APPROVAL_SETTINGS, DENYLIST_SETTINGS, type PartPlain } from '../config/schema-verify.ts'
import type { VerifyKeys } from '../config/mode.ts'
import { SharedSecrets } from '../keys/hmac-secrets.ts'
import type { KeySource } from '../keys/key-source.ts'
import { lazyBinding } from '../keys/lazy-binding.ts'
import { InlineSource, SecretSource } from '../keys/static-source.ts'
import { hashSubject, type HashSubject } from '../log/subject-hash.ts'
import { type CheckBinding, checkBinding } from '../tokens/request-binding.ts'
import { Denylist } from '../tokens/revocation.ts'

type KeysFrom<Source> = Extract<VerifyKeys, { readonly source: Source }>

/**
 * A part of a verifier that is there only where it is passed in, and so in a bundle only where it is imported: `denylist`,
 * `boundRequests`, `approvals`, `subjectHashes`; for `createVerifier`, which has JWKS built in, `sharedSecrets` and `publicKeys` too. What an environment
 * or an option requires and is not there is a `ConfigError` that says what to import.
 */
export interface VerifierPart {
  /** @internal Settings that are read for it. */
  readonly settings?: Partial<Table<PartPlain>>
  /** @internal */
  readonly denylist?: (settings: VerifierSettings) => Denylist | undefined
  /** @internal */
  readonly checkBinding?: CheckBinding
  /** @internal */
  readonly hashSubject?: HashSubject
  /** @internal */
  readonly takeApproval?: TakeApproval
  /** @internal */
  readonly secret?: (keys: KeysFrom<'secret'>, settings: VerifierSettings) => KeySource
  /** @internal */
  readonly inline?: (keys: KeysFrom<'inline'>, settings: VerifierSettings) => KeySource
}

/** The deny-list of `JWT_DENYLIST_NAME`, or of the option `denylist`. */
export const denylist: VerifierPart = {
  settings: DENYLIST_SETTINGS,
  denylist: (settings) =>
    settings.denylist &&
    new Denylist(settings.denylist, { ...settings, onError: settings.denylistOnError ?? 'closed' }),
}

/** Tokens that are bound to one request: `authorize(request, rules, { request })`, and the guard's option `bound`. */
export const boundRequests: VerifierPart = { checkBinding }

/** Approvals of people: the guard's option `approved`. */
export const approvals: VerifierPart = { settings: APPROVAL_SETTINGS, takeApproval }

/** Hashes of subjects in the lines of a guard, by `LOG_HASH_KEY`. Without it lines are joined by `jti` and `request_id`. */
export const subjectHashes: VerifierPart = { hashSubject }

/** Shared secrets (HS512), for `createVerifier({ verify: { secret } })`. */
export const sharedSecrets: VerifierPart = {
  secret: ({ values }, settings) =>
    new SecretSource(lazyBinding(values, (texts) => new SharedSecrets(texts, settings.onEvent), settings)),
}

/** Public keys in the configuration (EdDSA), for `createVerifier({ verify: { publicJwk } })`. */
export const publicKeys: VerifierPart = {
  inline: ({ value }, settings) => new InlineSource(value, settings),
}
