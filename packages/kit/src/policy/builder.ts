import type { Claims, Kind, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { checkOverrides, type VerifyOverrides } from '../tokens/verify-options.ts'
import { explain, type Explanation } from './explain.ts'
import { NO_RULES, partsOf, PolicyBase, type PolicyParts, policyParts, type Rule } from './parts.ts'
import * as rules from './rules.ts'
import type { Alternative } from './rules.ts'
import { narrow } from './schema-claims.ts'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'

/** What a caller is held against: a policy, one rule, or a list of rules that must all pass. */
export type Rules<Custom = unknown> = Policy<Custom> | Rule | readonly Rule[]

/**
 * Who may pass: every rule must hold. Immutable: each call returns a new policy, and a policy can be kept and
 * built upon. Without rules it means "any verified caller that is not anonymous".
 *
 * A class has all of its methods in every bundle. A Worker that counts bytes takes the functions of `@sealgate/kit/verify`.
 */
export class Policy<Custom = unknown> extends PolicyBase {
  private constructor(parts: PolicyParts) {
    super(parts)
  }

  /** @internal */
  static withoutRules(): Policy {
    return new Policy(NO_RULES)
  }

  #with<Output = Custom>(changes: Partial<PolicyParts>): Policy<Output> {
    return new Policy<Output>({ ...this.#parts, ...changes })
  }

  get #parts(): PolicyParts {
    return partsOf(this)
  }

  #withRule(rule: Rule): Policy<Custom> {
    return this.#with({ rules: [...this.#parts.rules, rule] })
  }

  /**
   * Verification in place of the kit's settings: issuer, audience, leeway (seconds, 0–300), `typ`.
   *
   * @throws ConfigError for values out of range
   */
  base(overrides: VerifyOverrides): Policy<Custom> {
    checkOverrides(overrides)
    return this.#with({ base: Object.freeze({ ...this.#parts.base, ...overrides }) })
  }

  /** The caller holds all of these permissions. */
  needAll(...permissions: readonly string[]): Policy<Custom> {
    return this.#withRule(rules.needAll(...permissions))
  }

  /** The caller holds at least one of these permissions. */
  needAny(...permissions: readonly string[]): Policy<Custom> {
    return this.#withRule(rules.needAny(...permissions))
  }

  /** The caller has all of these roles. */
  rolesAll(...roles: readonly string[]): Policy<Custom> {
    return this.#withRule(rules.rolesAll(...roles))
  }

  /** The caller has at least one of these roles. */
  rolesAny(...roles: readonly string[]): Policy<Custom> {
    return this.#withRule(rules.rolesAny(...roles))
  }

  /** The token's `kind` is one of these. A token without a kind does not pass. */
  kind(...kinds: readonly Kind[]): Policy<Custom> {
    return this.#withRule(rules.kind(...kinds))
  }

  /** Lets tokens of kind `anonymous` through, which nothing else does. */
  allowAnonymous(): Policy<Custom> {
    return this.#with({ allowsAnonymous: true })
  }

  /**
   * The caller's `sub` is this id. Never a machine or an anonymous caller; an id that is empty or missing
   * (a route parameter that did not match) has no owner.
   */
  owner(id: string | undefined): Policy<Custom> {
    return this.#withRule(rules.owner(id))
  }

  /** The outermost actor is this one, named by the token's own issuer (RFC 8693 §4.1). */
  actor(sub: string): Policy<Custom> {
    return this.#withRule(rules.actor(sub))
  }

  /**
   * The predicate gives exactly `true`, or a promise of it. One that throws, or whose promise is rejected, does not pass;
   * nor does `not` make a yes of it, or of what is neither `true` nor falsy.
   * It is called once for a decision; what takes its time makes the request wait.
   *
   * @param words what it requires; it stands in decisions and logs: nothing of a request belongs into it
   */
  where(
    predicate: (claims: VerifiedClaims & Custom) => boolean | Promise<boolean>,
    words: string,
  ): Policy<Custom> {
    // The schema ran before any rule does, so the claims are what its output says.
    return this.#withRule(rules.where(predicate as Parameters<typeof rules.where>[0], words))
  }

  /** At least one of these passes. A policy in it may not hold base(), claims() or allowAnonymous(). */
  anyOf(...alternatives: readonly Alternative[]): Policy<Custom> {
    return this.#withRule(rules.anyOf(...alternatives))
  }

  /** This does not pass. A policy in it may not hold base(), claims() or allowAnonymous(). */
  not(one: Alternative): Policy<Custom> {
    return this.#withRule(rules.not(one))
  }

  /**
   * The claims satisfy this schema (Standard Schema: zod, valibot, arktype …), synchronous or not. What it gives
   * types `auth.claims`, and is what later predicates see; the claims that the kit verified stay as they were.
   */
  claims<Output>(schema: StandardSchema<Output>): Policy<Output> {
    if (this.#parts.narrow) throw new ConfigError('claims() can be given once: combine the schemas')
    if (!isStandardSchema(schema)) {
      throw new ConfigError(
        'claims accepts a schema that implements Standard Schema (zod, valibot, arktype …)',
      )
    }
    return this.#with<Output>({ narrow: (auth) => narrow(schema, auth) })
  }

  /**
   * Ends the chain. A policy is accepted wherever a built one is.
   *
   * @throws ConfigError for kind('anonymous') without allowAnonymous()
   */
  build(): this {
    const { rules: all, allowsAnonymous } = this.#parts
    if (!allowsAnonymous && all.some(({ namesAnonymous }) => namesAnonymous === true)) {
      throw new ConfigError("kind('anonymous') passes nobody without allowAnonymous()")
    }
    return this
  }

  /** Lists each rule with its outcome for these claims, in words. The claims are taken as they are, unverified. */
  explain(claims: Claims): Promise<Explanation> {
    return explain(this.#parts, claims)
  }
}

/** A new policy: any verified caller that is not anonymous. */
export function policy(): Policy {
  return Policy.withoutRules()
}

/** True for policies made by {@link policy}. */
export function isPolicy(value: unknown): value is Policy {
  return policyParts(value) !== undefined
}
