import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { Decision } from '../http/decision.ts'
import { judge } from '../kit/judge.ts'
import type { Rules } from '../policy/builder.ts'
import { partsOfRules } from '../policy/parts.ts'

/**
 * What decides about callers who were verified before, at once.
 *
 * @param taker whose parameter the policy is, for messages
 * @throws ConfigError for a policy with `base()`: there is no token to verify anew; what is returned throws one for a policy
 *   that has to wait
 */
export function judgeNow<Custom>(
  rules: Rules<Custom> | undefined,
  taker: string,
): (auth: Auth) => Decision<Custom> {
  const parts = partsOfRules(rules)
  if (Object.keys(parts.base).length > 0) {
    throw new ConfigError(`${taker} takes no policy with base(): that is for what verifies the token`)
  }
  return (auth) => {
    const decision = judge<Custom>(parts, auth)
    if (!(decision instanceof Promise)) return decision
    decision.catch(() => undefined)
    throw new ConfigError(`${taker} takes a policy that needs not wait: no asynchronous rule or schema`)
  }
}
