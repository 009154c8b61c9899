import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { VerifyOverrides } from '../tokens/verify-options.ts'

/**
 * What a rule says about a caller. `undefined`: it cannot tell (a claim of the wrong type, a predicate that
 * threw). That grants nothing, and `not` does not turn it into a yes.
 */
export type Verdict = boolean | undefined

/** One rule of a policy: `needAll('read:reports')`, `rolesAny('admin')` and the other functions make them. */
export interface Rule {
  /** What it requires, for people: it stands in decisions, explanations and logs. */
  readonly words: string
  /** Whether a caller passes. Whatever is not `true` grants nothing, and neither does a promise that is rejected. */
  readonly test: (auth: Auth) => Verdict | Promise<Verdict>
  /** It passes for anonymous callers, as far as they are allowed at all. */
  readonly namesAnonymous?: boolean
}

/** What a policy consists of. */
export interface PolicyParts {
  readonly rules: readonly Rule[]
  /** Verification overrides. */
  readonly base: VerifyOverrides
  readonly allowsAnonymous: boolean
  /**
   * Holds the claims against a schema; at most one. It returns the caller with the schema's output over the claims, or
   * `undefined` when they do not satisfy it.
   */
  readonly narrow: ((auth: Auth) => Auth | undefined | Promise<Auth | undefined>) | undefined
}

/** The policy without rules. */
export const NO_RULES: PolicyParts = {
  rules: Object.freeze([]),
  base: Object.freeze({}),
  allowsAnonymous: false,
  narrow: undefined,
}

let readParts: (value: unknown) => PolicyParts | undefined

/** What every policy is, whoever built it. Nobody can forge one: its parts are not members. */
export class PolicyBase {
  readonly #parts: PolicyParts

  static {
    readParts = (value) =>
      typeof value === 'object' && value !== null && #parts in value ? value.#parts : undefined
  }

  /** @internal */
  constructor(parts: PolicyParts) {
    this.#parts = Object.freeze({ ...parts, rules: Object.freeze(parts.rules) })
    Object.freeze(this)
  }
}

/** The parts of a policy; `undefined` for what is none. */
export function policyParts(value: unknown): PolicyParts | undefined {
  return readParts(value)
}

/**
 * The parts of a policy, of one rule, or of a list of rules that must all pass.
 *
 * @throws ConfigError for anything else, and for an empty list: it would mean "anybody" by accident
 */
export function partsOf(
  value: unknown,
  problem = 'this is no policy: make one with policy().needAll(…), or give rules: needAll(…)',
): PolicyParts {
  const parts = readParts(value)
  if (parts) return parts
  const rules: unknown[] = [value].flat()
  if (rules.length === 0 || !rules.every(isRule)) throw new ConfigError(problem)
  return { ...NO_RULES, rules }
}

/** A regular expression has a `test` too, and would find something in any caller. */
function isRule(value: unknown): value is Rule {
  const rule = value as Partial<Rule> | null | undefined
  return rule?.words !== undefined && typeof rule.test === 'function'
}

/** Goes on with a verdict, at once unless it has to be waited for. A promise that is rejected cannot tell. */
export function after<Output>(
  verdict: Verdict | Promise<Verdict>,
  next: (verdict: Verdict) => Output | Promise<Output>,
): Output | Promise<Output> {
  return verdict instanceof Promise ? verdict.catch(() => undefined).then(next) : next(verdict)
}

/** Every one must pass. The first that fails decides; one that cannot tell keeps the whole from passing. */
export function every<One>(
  all: readonly One[],
  test: (one: One) => Verdict | Promise<Verdict>,
): Verdict | Promise<Verdict> {
  const [first, ...others] = all
  if (first === undefined) return true
  return after(test(first), (verdict) =>
    verdict === false
      ? false
      : after(every(others, test), (rest) => (rest === true && verdict !== true ? undefined : rest)),
  )
}

/** Code in plain JavaScript may leave rules out as `null`, too. */
export function partsOfRules(rules: unknown): PolicyParts {
  return rules === undefined || rules === null ? NO_RULES : partsOf(rules)
}
