import { checkClaims, type Expectation } from '../claims/checks.ts'
import { RevocationUnavailableError, TokenError, type TokenReason } from '../errors.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'
import { parse, type UnverifiedToken } from '../tokens/parse.ts'
import { internalsOf, type Kit } from './kit.ts'

/** What a token is held against, in the order in which it is. */
export type TokenRuleName =
  | 'form'
  | 'algorithm'
  | 'type'
  | 'key'
  | 'signature'
  | 'claims'
  | 'lifetime'
  | 'time'
  | 'issuer'
  | 'audience'
  | 'revocation'

/** One rule, held against a token. */
export interface TokenRule {
  readonly rule: TokenRuleName
  /** `null`: it could not be checked, or a rule before it failed. */
  readonly passed: boolean | null
  /** Why not. It never quotes the token. */
  readonly detail?: string
}

/** A token, held against every rule. Nothing but `ok` says that it is good. */
export interface TokenExplanation {
  readonly ok: boolean
  /** Why it is rejected; absent when the deny-list cannot be read. */
  readonly reason?: TokenReason
  readonly detail?: string
  readonly rules: readonly TokenRule[]
  /** RFC 7638 thumbprint of the key that it names, if that is published. */
  readonly thumbprint?: string
}

/** The rules about the header and the signature, and the reasons of each. After one fails, none of them is checked. */
const FIRST_RULES: readonly (readonly [TokenRuleName, ...TokenReason[]])[] = [
  ['form', 'malformed', 'too_large', 'unsupported_crit'],
  ['algorithm', 'unsupported_alg'],
  ['type', 'wrong_type'],
  ['key', 'missing_kid', 'unknown_kid', 'denied_key'],
  ['signature', 'bad_signature'],
]

/**
 * Verifies a token of this kit's own, and says of every rule whether it passes: the claims are each held against their rule,
 * though the signature may be bad. For operators, who have the token; a caller is never told.
 *
 * @param options.aud the audience that it should have
 * @param options.typ the `typ` that it should have. Default: the kit's
 * @throws KeysUnavailableError, ConfigError
 */
export async function explainToken(
  kit: Kit,
  token: string,
  options: { readonly aud: string; readonly typ?: string; readonly iss?: string },
): Promise<TokenExplanation> {
  const verdict = await verdictOf(kit, token, options)
  const problem = verdict.ok ? undefined : verdict
  const failed = FIRST_RULES.findIndex(([, ...reasons]) =>
    reasons.some((reason) => reason === problem?.reason),
  )
  const first = FIRST_RULES.map(([rule], index): TokenRule => {
    if (failed < 0 || index < failed) return { rule, passed: true }
    return index === failed ? fail(rule, problem?.detail) : { rule, passed: null }
  })
  const parsed = readToken(token)
  const thumbprint = parsed && (await thumbprintFor(kit, parsed.header.kid))
  const claimRules = checkEach(kit, parsed?.payload, options.aud)
  return {
    ...problem,
    ok: verdict.ok,
    rules: [...first, ...claimRules, await checkRevocation(kit, parsed?.payload, thumbprint)],
    ...(thumbprint !== undefined && { thumbprint }),
  }
}

type Verdict =
  { readonly ok: true } | { readonly ok: false; readonly reason?: TokenReason; readonly detail: string }

/** A deny-list that cannot be read is looked at last: it hides nothing else that is wrong with a token. */
async function verdictOf(kit: Kit, token: string, options: object): Promise<Verdict> {
  try {
    return await kit.safeVerify(token, options)
  } catch (error) {
    if (!(error instanceof RevocationUnavailableError)) throw error
    return { ok: false, detail: error.message }
  }
}

type Payload = UnverifiedToken['payload']

/** Each rule of the claims by itself: the others are held open. */
function checkEach(kit: Kit, payload: Payload | undefined, aud: string): readonly TokenRule[] {
  const { issuer, leewaySeconds, maxTtlSeconds, now } = internalsOf(kit).settings
  const rules = ['claims', 'lifetime', 'time', 'issuer', 'audience'] as const
  if (!payload) return rules.map((rule) => ({ rule, passed: null }))
  const open: Expectation = {
    issuer: payload.iss as string,
    audiences: [payload.aud as string].flat(),
    leewaySeconds: Infinity,
    maxTtlSeconds: Infinity,
  }
  const expected: Readonly<Record<(typeof rules)[number], Partial<Expectation>>> = {
    claims: {},
    lifetime: { maxTtlSeconds },
    time: { leewaySeconds },
    issuer: { issuer },
    audience: { audiences: [aud] },
  }
  const check = (rule: (typeof rules)[number]): TokenRule => {
    try {
      checkClaims(payload, { ...open, ...expected[rule] }, now())
      return { rule, passed: true }
    } catch (error) {
      if (error instanceof TokenError) return fail(rule, error.detail)
      throw error
    }
  }
  const shape = check('claims')
  return rules.map((rule) => {
    if (rule === 'claims') return shape
    return shape.passed === true ? check(rule) : { rule, passed: null }
  })
}

async function checkRevocation(
  kit: Kit,
  payload: Payload | undefined,
  thumbprint: string | undefined,
): Promise<TokenRule> {
  const rule = 'revocation'
  const { denylist } = internalsOf(kit)
  if (!denylist) return { rule, passed: null, detail: 'there is no deny-list' }
  const { sub, iat, jti, act, auth_iat: authIat } = payload ?? {}
  if (typeof sub !== 'string' || typeof iat !== 'number') return { rule, passed: null }
  const claims = {
    ...{ sub, iat, act },
    ...(typeof jti === 'string' && { jti }),
    ...(typeof authIat === 'number' && { auth_iat: authIat }),
  }
  try {
    await denylist.check(claims, thumbprint)
    return { rule, passed: true }
  } catch (error) {
    if (error instanceof TokenError) return fail(rule, error.detail)
    if (error instanceof RevocationUnavailableError) return { rule, passed: null, detail: error.message }
    throw error
  }
}

async function thumbprintFor(kit: Kit, kid: unknown): Promise<string | undefined> {
  const { keys } = await kit.jwks()
  const key = keys.find((one) => one.kid === kid)
  return key && thumbprintOf(key.x)
}

function readToken(token: string): UnverifiedToken | undefined {
  try {
    return parse(token)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}

function fail(rule: TokenRuleName, detail = ''): TokenRule {
  return { rule, passed: false, detail }
}
