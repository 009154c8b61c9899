import type { VerifyOverrides } from '../tokens/verify-options.ts'
import type { Rule } from './rules.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What a policy consists of. */
export interface PolicyParts {
  readonly rules: readonly Rule[]
  /** Verification overrides. */
  readonly base: VerifyOverrides
  readonly allowsAnonymous: boolean
  /** Some rule passes for anonymous callers only if they are allowed. */
  readonly namesAnonymous: boolean
  /** For custom claims; at most one. */
  readonly schema: StandardSchema | undefined
}

/** The policy without rules. */
export const NO_RULES: PolicyParts = Object.freeze({
  rules: Object.freeze([]),
  base: Object.freeze({}),
  allowsAnonymous: false,
  namesAnonymous: false,
  schema: undefined,
})
