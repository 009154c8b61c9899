import type { Verifier } from '@sealgate/kit'
import { base64url } from 'jose'
import type { OperatorJwk } from '../config/operators.ts'
import { OPERATOR_TOKEN } from '../config/operator-protocol.ts'

/** Longest `jti`. A UUID has 36 characters. */
const MAX_JTI_LENGTH = 256

/** Added to `exp` when a use is remembered, in seconds: more than the verifier's leeway. */
const MARGIN_SECONDS = 60

/** Who may operate a gateway: the public keys, and what verifies by them. */
export interface Operator {
  readonly keys: readonly OperatorJwk[]
  readonly verifier: Verifier
}

/** A token that is good, and counts once. */
export interface OperatorUse {
  readonly ok: true
  /** Whose key signed. */
  readonly kid: string
  readonly jti: string
  /** Seconds since the epoch: from then on it is rejected for its age. */
  readonly until: number
}

export type OperatorResult = OperatorUse | { readonly ok: false; readonly rejection: string }

/**
 * Verifies an operator's token, but for its having been used before: EdDSA by a key of `OPERATOR_KEYS`, its `typ`, this
 * gateway as its only audience, at most a minute long, and bound to this very request.
 *
 * @param request with its body unread
 */
export async function verifyOperatorToken(
  { keys, verifier }: Operator,
  token: string,
  request: Request,
): Promise<OperatorResult> {
  const options = { request, typ: OPERATOR_TOKEN.typ }
  const result = await verifier.safeVerify(token, options)
  if (!result.ok) {
    // A signature is checked for a kid that is not known too, so that its absence takes as long.
    if (result.reason === 'unknown_kid') await verifier.safeVerify(renamed(token, keys), options)
    return { ok: false, rejection: result.reason }
  }
  const { kid } = result.header
  const { aud, exp, jti } = result.claims
  // With several, a token for one gateway would be good at another.
  if (typeof aud !== 'string') return { ok: false, rejection: 'wrong_audience' }
  if (kid === undefined || jti === undefined || jti.length > MAX_JTI_LENGTH) {
    return { ok: false, rejection: 'missing_claim' }
  }
  return { ok: true, kid, jti, until: exp + MARGIN_SECONDS }
}

/** The same token, but that it names a key that is known. Its signature is of another header now, and so never good. */
function renamed(token: string, [key = {}]: Operator['keys']): string {
  const header = { alg: 'EdDSA', kid: key.kid, typ: OPERATOR_TOKEN.typ }
  return `${base64url.encode(JSON.stringify(header))}${token.slice(token.indexOf('.'))}`
}
