import type { Auth } from '../claims/types.ts'
import { type Decision, denial } from '../http/decision.ts'
import { evaluate, type Evaluated } from '../policy/evaluate.ts'
import type { PolicyParts } from '../policy/parts.ts'

/** Decides by a policy about a caller who was verified before. Synchronous unless the policy has to wait. */
export function judge<Custom>(parts: PolicyParts, auth: Auth): Decision<Custom> | Promise<Decision<Custom>> {
  if (auth.kind === 'anonymous' && !parts.allowsAnonymous) {
    return denial(401, 'anonymous', 'the caller is anonymous and the policy does not allow that')
  }
  const evaluated = evaluate<Custom>(parts, auth)
  return evaluated instanceof Promise ? evaluated.then(conclude) : conclude(evaluated)
}

function conclude<Custom>({ passed, failed, auth }: Evaluated<Custom>): Decision<Custom> {
  if (!passed) return denial(403, 'insufficient_rights', 'the policy does not grant this', failed)
  return { granted: true, auth }
}
