import type { Auth, Kind, VerifiedClaims } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'

/**
 * What a rule says about a caller. `undefined`: it cannot tell (a claim of the wrong type, a predicate that
 * threw). That grants nothing, and `not` does not turn it into a yes.
 */
export type Verdict = boolean | undefined

/** One rule of a policy. */
export interface Rule {
  /** What it requests, for people: it stands in decisions, explanations and logs. */
  readonly words: string
  readonly test: (auth: Auth) => Verdict
}

/** Every rule must pass. One that fails decides; one that cannot tell keeps the whole from passing. */
export function every(rules: readonly Rule[], auth: Auth): Verdict {
  let verdict: Verdict = true
  for (const rule of rules) {
    const one = rule.test(auth)
    if (one === false) return false
    if (one === undefined) verdict = undefined
  }
  return verdict
}

/** Rights that a caller must hold: all of them, or one. */
export function holds(what: 'permission' | 'role', amount: 'all' | 'one', names: readonly string[]): Rule {
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

export function kindAny(kinds: readonly Kind[]): Rule {
  return {
    words: `is ${kinds.join(' or ')}`,
    test: ({ kind }) => kind !== undefined && kinds.includes(kind),
  }
}

/** The owner is a person, or an agent in its own name: a machine or an anonymous caller owns nothing. */
export function owner(id: unknown): Rule {
  return {
    words: 'is the owner',
    test: ({ sub, kind }) =>
      typeof id === 'string' && id !== '' && sub === id && kind !== 'machine' && kind !== 'anonymous',
  }
}

/** The outermost actor (RFC 8693 §4.1), as named by the issuer of the token itself. */
export function actor(sub: string): Rule {
  return {
    words: `comes through ${sub}`,
    test: ({ actor: current, claims }) =>
      current !== undefined && current.sub === sub && current.iss === claims.iss,
  }
}

/** @throws ConfigError from the rule, when the predicate returns a promise */
export function where(predicate: (claims: VerifiedClaims) => unknown, words: string): Rule {
  return {
    words,
    test: ({ claims }) => {
      let outcome: unknown
      try {
        outcome = predicate(claims)
      } catch {
        return undefined
      }
      if (isThenable(outcome)) {
        throw new ConfigError(
          `the predicate "${words}" gave a promise: where() is synchronous. Await before, or use claims() with an asynchronous schema`,
        )
      }
      return outcome === true
    },
  }
}

export function anyOf(alternatives: readonly (readonly Rule[])[]): Rule {
  return {
    words: `any of: ${alternatives.map((rules) => `(${wordsOf(rules)})`).join(' or ')}`,
    test: (auth) => {
      let verdict: Verdict = false
      for (const rules of alternatives) {
        const one = every(rules, auth)
        if (one === true) return true
        if (one === undefined) verdict = undefined
      }
      return verdict
    },
  }
}

export function not(rules: readonly Rule[]): Rule {
  return {
    words: `not (${wordsOf(rules)})`,
    test: (auth) => {
      const verdict = every(rules, auth)
      return verdict === undefined ? undefined : !verdict
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
