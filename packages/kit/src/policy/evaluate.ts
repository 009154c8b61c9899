import type { Auth } from '../claims/types.ts'
import type { PolicyParts, Rule, Verdict } from './parts.ts'

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
 * Holds a verified caller against a policy. Synchronous unless the policy's schema or one of its rules is asynchronous.
 * `Custom` is what the schema gives; the policy that the parts come from knows it.
 */
export function evaluate<Custom>(
  { rules, narrow }: PolicyParts,
  auth: Auth,
): Evaluated<Custom> | Promise<Evaluated<Custom>> {
  if (!narrow) return judge(rules, auth as Auth<Custom>)
  const narrowed = narrow(auth)
  const finish = (caller: Auth | undefined): Evaluated<Custom> | Promise<Evaluated<Custom>> =>
    caller
      ? judge(rules, caller as Auth<Custom>)
      : { passed: false, failed: [SCHEMA_WORDS], auth: auth as Auth<Custom> }
  return narrowed instanceof Promise ? narrowed.then(finish) : finish(narrowed)
}

/** Each rule is tested once, also when it fails: it may ask somebody. */
function judge<Custom>(
  rules: readonly Rule[],
  auth: Auth<Custom>,
): Evaluated<Custom> | Promise<Evaluated<Custom>> {
  const failed: string[] = []
  let waiting: Promise<void>[] | undefined
  const note = ({ words }: Rule, verdict: Verdict): void => {
    if (verdict !== true) failed.push(words)
  }
  for (const rule of rules) {
    const verdict = rule.test(auth)
    if (verdict instanceof Promise) {
      waiting ??= []
      waiting.push(
        verdict
          .catch(() => false)
          .then((late) => {
            note(rule, late)
          }),
      )
    } else note(rule, verdict)
  }
  const conclude = (): Evaluated<Custom> => ({ passed: failed.length === 0, failed, auth })
  return waiting ? Promise.all(waiting).then(conclude) : conclude()
}
