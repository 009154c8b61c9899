import { authOf, type Claims, type VerifiedClaims } from '../claims/types.ts'
import { SCHEMA_WORDS } from './evaluate.ts'
import { after, type PolicyParts } from './parts.ts'

/** One rule of a policy and what became of it. */
export interface ExplainedRule {
  /** What the rule requires. */
  readonly rule: string
  /** `skipped`: the claims did not satisfy the schema, so the rule was not evaluated. */
  readonly outcome: 'pass' | 'fail' | 'skipped'
}

/** A policy held against claims, rule by rule. */
export interface Explanation {
  readonly passed: boolean
  readonly rules: readonly ExplainedRule[]
}

/** Every rule with its outcome; none is left out because an earlier one failed. */
export async function explain(parts: PolicyParts, claims: Claims): Promise<Explanation> {
  // Explaining decides nothing, so that the claims need not be verified.
  const auth = authOf(claims as VerifiedClaims)
  const listed: ExplainedRule[] = []
  if (auth.kind === 'anonymous' || parts.allowsAnonymous) {
    listed.push({
      rule: parts.allowsAnonymous ? 'may be anonymous' : 'is not anonymous',
      outcome: parts.allowsAnonymous ? 'pass' : 'fail',
    })
  }
  const narrowed = parts.narrow ? await parts.narrow(auth) : auth
  if (parts.narrow) listed.push({ rule: SCHEMA_WORDS, outcome: narrowed ? 'pass' : 'fail' })
  for (const rule of parts.rules) {
    const verdict = narrowed && (await after(rule.test(narrowed), (one) => one))
    listed.push({ rule: rule.words, outcome: narrowed ? (verdict === true ? 'pass' : 'fail') : 'skipped' })
  }
  return { passed: listed.every(({ outcome }) => outcome === 'pass'), rules: listed }
}
