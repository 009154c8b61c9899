import type { Auth } from '../claims/types.ts'
import { every, type PolicyParts, type Rule } from './parts.ts'

/** The outcome of a policy for one caller. */
export interface Evaluated<Custom> {
  readonly passed: boolean
  /** The rules that did not pass, in words. */
  readonly failed: readonly string[]
  /** The caller, its claims narrowed by the policy's schema. */
  readonly auth: Auth<Custom>
}

/** What the schema rule is called. */
export const SCHEMA_WORDS = 'its claims satisfy the schema'

/**
 * Holds a verified caller against a policy. Synchronous unless the policy's schema is asynchronous. `Custom` is
 * what the schema gives; the policy that the parts come from knows it.
 *
 * @throws ConfigError for a predicate that returns a promise
 */
export function evaluate<Custom>(
  { rules, narrow }: PolicyParts,
  auth: Auth,
): Evaluated<Custom> | Promise<Evaluated<Custom>> {
  if (!narrow) return judge(rules, auth as Auth<Custom>)
  const narrowed = narrow(auth)
  const finish = (caller: Auth | undefined): Evaluated<Custom> =>
    caller
      ? judge(rules, caller as Auth<Custom>)
      : { passed: false, failed: [SCHEMA_WORDS], auth: auth as Auth<Custom> }
  return narrowed instanceof Promise ? narrowed.then(finish) : finish(narrowed)
}

function judge<Custom>(rules: readonly Rule[], auth: Auth<Custom>): Evaluated<Custom> {
  if (every(rules, auth) === true) return { passed: true, failed: [], auth }
  const failed = rules.filter((rule) => rule.test(auth) !== true).map(({ words }) => words)
  return { passed: false, failed, auth }
}
