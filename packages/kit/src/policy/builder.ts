import type { Claims, Kind, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { checkOverrides, type VerifyOverrides } from '../tokens/verify-options.ts'
import { explain, type Explanation } from './explain.ts'
import { NO_RULES, type PolicyParts } from './parts.ts'
import * as rules from './rules.ts'
import type { Rule } from './rules.ts'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'

const KINDS: readonly Kind[] = ['user', 'machine', 'agent', 'anonymous']

/**
 * Who may pass: every rule must hold. Immutable: each call returns a new policy, and a policy can be kept and
 * built upon. Without rules it means "any verified caller that is not anonymous".
 */
export class Policy<Custom = unknown> {
  readonly #parts: PolicyParts

  private constructor(parts: PolicyParts) {
    this.#parts = Object.freeze({ ...parts, rules: Object.freeze(parts.rules) })
    Object.freeze(this)
  }

  /** @internal */
  static withoutRules(): Policy {
    return new Policy(NO_RULES)
  }

  /** @internal */
  static partsOf(value: unknown): PolicyParts | undefined {
    return typeof value === 'object' && value !== null && #parts in value ? value.#parts : undefined
  }

  #with(rule: Rule): Policy<Custom> {
    return new Policy({ ...this.#parts, rules: [...this.#parts.rules, rule] })
  }

  /**
   * Verification in place of the kit's settings: issuer, audience, leeway (seconds, 0–300), `typ`.
   *
   * @throws ConfigError for values out of range
   */
  base(overrides: VerifyOverrides): Policy<Custom> {
    checkOverrides(overrides)
    return new Policy({ ...this.#parts, base: Object.freeze({ ...this.#parts.base, ...overrides }) })
  }

  /** The caller holds all of these permissions. */
  needAll(...permissions: readonly string[]): Policy<Custom> {
    return this.#with(rules.holds('permission', 'all', checkNames('needAll', permissions)))
  }

  /** The caller holds at least one of these permissions. */
  needAny(...permissions: readonly string[]): Policy<Custom> {
    return this.#with(rules.holds('permission', 'one', checkNames('needAny', permissions)))
  }

  /** The caller has all of these roles. */
  rolesAll(...roles: readonly string[]): Policy<Custom> {
    return this.#with(rules.holds('role', 'all', checkNames('rolesAll', roles)))
  }

  /** The caller has at least one of these roles. */
  rolesAny(...roles: readonly string[]): Policy<Custom> {
    return this.#with(rules.holds('role', 'one', checkNames('rolesAny', roles)))
  }

  /** The token's `kind` is one of these. A token without a kind does not pass. */
  kind(...kinds: readonly Kind[]): Policy<Custom> {
    checkNames('kind', kinds)
    const unknown = kinds.find((kind) => !KINDS.includes(kind))
    if (unknown !== undefined) throw new ConfigError(`kind takes ${KINDS.join(', ')}; not ${unknown}`)
    const namesAnonymous = this.#parts.namesAnonymous || kinds.includes('anonymous')
    return new Policy({
      ...this.#parts,
      namesAnonymous,
      rules: [...this.#parts.rules, rules.kindAny([...kinds])],
    })
  }

  /** Lets tokens of kind `anonymous` through, which nothing else does. */
  allowAnonymous(): Policy<Custom> {
    return new Policy({ ...this.#parts, allowsAnonymous: true })
  }

  /**
   * The caller's `sub` is this id. Never a machine or an anonymous caller; an id that is empty or missing
   * (a route parameter that did not match) has no owner.
   */
  owner(id: string | undefined): Policy<Custom> {
    return this.#with(rules.owner(id))
  }

  /** The outermost actor is this one, named by the token's own issuer (RFC 8693 §4.1). */
  actor(sub: string): Policy<Custom> {
    checkNames('actor', [sub])
    return this.#with(rules.actor(sub))
  }

  /**
   * The predicate gives exactly `true`. One that throws does not pass; one that returns a promise is a
   * `ConfigError` when it is evaluated.
   *
   * @param words what it requests; it stands in decisions and logs
   */
  where(predicate: (claims: VerifiedClaims & Custom) => boolean, words: string): Policy<Custom> {
    if (typeof predicate !== 'function') throw new ConfigError('where takes a function of the claims')
    if (typeof words !== 'string' || words === '') {
      throw new ConfigError("where needs words for what it requires: where(claims => …, 'tenant is acme')")
    }
    // The schema ran before any rule does, so the claims are what its output says.
    return this.#with(rules.where(predicate as (claims: VerifiedClaims) => boolean, words))
  }

  /** At least one of these policies passes. They may not hold base(), claims() or allowAnonymous(). */
  anyOf(...policies: readonly Policy[]): Policy<Custom> {
    if (policies.length === 0) throw new ConfigError('anyOf without policies would pass nobody')
    const nested = policies.map((policy) => nestedParts('anyOf', policy))
    const namesAnonymous = this.#parts.namesAnonymous || nested.some((parts) => parts.namesAnonymous)
    const rule = rules.anyOf(nested.map((parts) => parts.rules))
    return new Policy({ ...this.#parts, namesAnonymous, rules: [...this.#parts.rules, rule] })
  }

  /** This policy does not pass. It may not hold base(), claims() or allowAnonymous(). */
  not(policy: Policy): Policy<Custom> {
    return this.#with(rules.not(nestedParts('not', policy).rules))
  }

  /**
   * The claims satisfy this schema (Standard Schema: zod, valibot, arktype …), synchronous or not. What it gives
   * types `auth.claims`, and is what later predicates see; the claims that the kit verified stay as they were.
   */
  claims<Output>(schema: StandardSchema<Output>): Policy<Output> {
    if (this.#parts.schema) throw new ConfigError('claims() can be given once: combine the schemas')
    if (!isStandardSchema(schema)) {
      throw new ConfigError(
        'claims accepts a schema that implements Standard Schema (zod, valibot, arktype …)',
      )
    }
    return new Policy({ ...this.#parts, schema })
  }

  /**
   * Ends the chain. A policy is accepted wherever a built one is.
   *
   * @throws ConfigError for kind('anonymous') without allowAnonymous()
   */
  build(): this {
    if (this.#parts.namesAnonymous && !this.#parts.allowsAnonymous) {
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
  return Policy.partsOf(value) !== undefined
}

/** @throws ConfigError for what is no policy */
export function partsOf(value: unknown): PolicyParts {
  const parts = Policy.partsOf(value)
  if (!parts) throw new ConfigError('this is no policy: make one with policy().needAll(…)')
  return parts
}

/** An empty list would mean "nobody" or "everybody" by accident. */
function checkNames(method: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new ConfigError(`${method}() names nothing: give at least one`)
  if (!names.every((name) => typeof name === 'string' && name !== '')) {
    throw new ConfigError(`${method}() accepts non-empty strings`)
  }
  return Object.freeze([...names])
}

function nestedParts(method: string, nested: Policy): PolicyParts {
  const parts = partsOf(nested)
  if (Object.keys(parts.base).length > 0 || parts.schema || parts.allowsAnonymous) {
    throw new ConfigError(`base(), claims() and allowAnonymous() belong outside ${method}()`)
  }
  if (parts.rules.length === 0)
    throw new ConfigError(`a policy without rules inside ${method}() decides nothing`)
  return parts
}
