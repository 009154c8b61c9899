/**
 * The rules of policies, a function each: what is not imported is not in the bundle. The methods of the builder are these.
 */
import { KINDS } from '../claims/checks.ts'
import type { Auth, Kind, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import { after, every, partsOf, type PolicyBase, type Rule, type Verdict } from './parts.ts'

/** What `anyOf` and `not` accept: a policy, a rule, or a list of rules that must all pass. */
export type Alternative = PolicyBase | Rule | readonly Rule[]

/**
 * The caller holds all of these permissions.
 *
 * @throws ConfigError without any
 */
export function needAll(...permissions: readonly string[]): Rule {
  return holds('permission', 'all', checkNames('needAll', permissions))
}

/**
 * The caller holds at least one of these permissions.
 *
 * @throws ConfigError without any
 */
export function needAny(...permissions: readonly string[]): Rule {
  return holds('permission', 'one', checkNames('needAny', permissions))
}

/**
 * The caller has all of these roles.
 *
 * @throws ConfigError without any
 */
export function rolesAll(...roles: readonly string[]): Rule {
  return holds('role', 'all', checkNames('rolesAll', roles))
}

/**
 * The caller has at least one of these roles.
 *
 * @throws ConfigError without any
 */
export function rolesAny(...roles: readonly string[]): Rule {
  return holds('role', 'one', checkNames('rolesAny', roles))
}

/**
 * The token's `kind` is one of these. A token without a kind does not pass; an anonymous one passes only a policy with
 * `allowAnonymous()`.
 *
 * @throws ConfigError for what is no kind
 */
export function kind(...kinds: readonly Kind[]): Rule {
  const accepted = checkNames('kind', kinds)
  const unknown = accepted.find((one) => !KINDS.includes(one))
  if (unknown !== undefined) throw new ConfigError(`kind takes ${KINDS.join(', ')}; not ${unknown}`)
  return {
    words: `is ${accepted.join(' or ')}`,
    test: (auth) => auth.kind !== undefined && accepted.includes(auth.kind),
    namesAnonymous: accepted.includes('anonymous'),
  }
}

/**
 * The caller's `sub` is this id. Never a machine or an anonymous caller: the owner is a person, or an agent in its own
 * name. An id that is empty or missing (a route parameter that did not match) has no owner.
 */
export function owner(id: string | undefined): Rule {
  return {
    words: 'is the owner',
    test: ({ sub, kind: own }) =>
      typeof id === 'string' && id !== '' && sub === id && own !== 'machine' && own !== 'anonymous',
  }
}

/**
 * The outermost actor is this one, named by the token's own issuer (RFC 8693 §4.1).
 *
 * @throws ConfigError without a name
 */
export function actor(sub: string): Rule {
  checkNames('actor', [sub])
  return {
    words: `comes through ${sub}`,
    test: ({ actor: current, claims }) =>
      current !== undefined && current.sub === sub && current.iss === claims.iss,
  }
}

/**
 * The predicate gives exactly `true`, or a promise of it. One that throws, or whose promise is rejected, does not pass;
 * nor does `not` make a yes of it, or of what is neither `true` nor falsy.
 *
 * @param words what it requires; it stands in decisions and logs: nothing of a request belongs into it
 * @throws ConfigError without a function, or without words
 */
export function where(
  predicate: (claims: VerifiedClaims) => boolean | Promise<boolean>,
  words: string,
): Rule {
  if (typeof predicate !== 'function') throw new ConfigError('where takes a function of the claims')
  if (typeof words !== 'string' || words === '') {
    throw new ConfigError("where needs words for what it requires: where(claims => …, 'tenant is acme')")
  }
  return {
    words,
    test: ({ claims }) => {
      try {
        const outcome: unknown = predicate(claims)
        return isThenable(outcome) ? Promise.resolve(outcome).then(verdictOf) : verdictOf(outcome)
      } catch {
        return undefined
      }
    },
  }
}

/** A yes that is not `true` is none, and no no either: `not` must not make one of it. */
function verdictOf(outcome: unknown): Verdict {
  return outcome === true || (outcome ? undefined : false)
}

/**
 * At least one of these passes. A policy in it may not hold base(), claims() or allowAnonymous().
 *
 * @throws ConfigError without any
 */
export function anyOf(...alternatives: readonly Alternative[]): Rule {
  if (alternatives.length === 0) throw new ConfigError('anyOf without policies would pass nobody')
  const lists = alternatives.map((one) => nestedRules('anyOf', one))
  return {
    words: `any of: ${lists.map((rules) => `(${wordsOf(rules)})`).join(' or ')}`,
    // One of them passes unless none does: the first that passes decides.
    test: (auth) =>
      after(
        every(lists, (rules) => after(passed(rules, auth), opposite)),
        opposite,
      ),
    namesAnonymous: lists.flat().some(({ namesAnonymous }) => namesAnonymous === true),
  }
}

/**
 * This does not pass. A policy in it may not hold base(), claims() or allowAnonymous().
 *
 * @throws ConfigError for a policy without rules
 */
export function not(one: Alternative): Rule {
  const rules = nestedRules('not', one)
  return {
    words: `not (${wordsOf(rules)})`,
    test: (auth) => after(passed(rules, auth), opposite),
  }
}

function passed(rules: readonly Rule[], auth: Auth): Verdict | Promise<Verdict> {
  return every(rules, (rule) => rule.test(auth))
}

function opposite(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict
}

function nestedRules(method: string, nested: Alternative): readonly Rule[] {
  const { rules, base, narrow, allowsAnonymous } = partsOf(nested)
  if (Object.keys(base).length > 0 || narrow || allowsAnonymous) {
    throw new ConfigError(`base(), claims() and allowAnonymous() belong outside ${method}()`)
  }
  if (rules.length === 0) throw new ConfigError(`a policy without rules inside ${method}() decides nothing`)
  return rules
}

/** An empty list would mean "nobody" or "everybody" by accident. */
function checkNames<Name extends string>(method: string, names: readonly Name[]): readonly Name[] {
  if (names.length === 0) throw new ConfigError(`${method}() names nothing: give at least one`)
  if (!names.every((name) => typeof name === 'string' && name !== '')) {
    throw new ConfigError(`${method}() accepts non-empty strings`)
  }
  return Object.freeze([...names])
}

/** Rights that a caller must hold: all of them, or one. */
function holds(what: 'permission' | 'role', amount: 'all' | 'one', names: readonly string[]): Rule {
  const phrase = names.length > 1 ? `${amount} of the ${what}s` : `the ${what}`
  // Made here, because a name put together on each check would be looked up anew each time.
  const claim = `${what}s` as const
  return {
    words: `has ${phrase} ${names.join(', ')}`,
    test: (auth) => {
      const held = auth[claim]
      const isHeld = (name: string): boolean => held.includes(name)
      return orUnknown(auth, CLAIMS[what], amount === 'all' ? names.every(isHeld) : names.some(isHeld))
    },
  }
}

function wordsOf(rules: readonly Rule[]): string {
  return rules.map(({ words }) => words).join(' and ')
}

/** The claims that rights come from, and the form in which each can be read. */
const CLAIMS: Readonly<Record<'permission' | 'role', Readable>> = {
  permission: { permissions: isList, scope: isText, scp: (claim) => isText(claim) || isList(claim) },
  role: { roles: isList },
}

type Readable = Readonly<Record<string, (claim: unknown) => boolean>>

/** "No" is only certain when the claims that could say otherwise were readable. */
function orUnknown(auth: Auth, readable: Readable, verdict: boolean): Verdict {
  if (verdict) return true
  const isCertain = Object.entries(readable).every(([name, isReadable]) => {
    const claim = auth.claims[name]
    return claim === undefined || isReadable(claim)
  })
  return isCertain ? false : undefined
}

function isText(claim: unknown): boolean {
  return typeof claim === 'string'
}

function isList(claim: unknown): boolean {
  return Array.isArray(claim) && claim.every(isText)
}

function isThenable(value: unknown): boolean {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  )
}
