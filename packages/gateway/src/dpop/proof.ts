import { ConfigError, parse, TokenError } from '@sealgate/kit'
import { verifyCompact } from '@sealgate/kit/external'
import { isObject, sha256 } from '@sealgate/kit/gateway'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { DPOP_ALGS } from '../errors.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { plainUri } from './uri.ts'

/** How far `iat` may be from now, either way, in seconds (RFC 9449 §11.1). */
export const PROOF_SECONDS = 60

/** The longest `jti`, in characters. A UUID has 36. */
const MAX_JTI_LENGTH = 256

/** The longest modulus in base64url: 8192 bits. The key is the sender's own, and must not make its signature dear to check. */
const MAX_MODULUS_LENGTH = 1366

/** What a proof is held against. */
export interface ExpectedProof {
  readonly method: string
  /** The public address of the request. */
  readonly url: string
  /** The access token that it came with. */
  readonly token: string
  /** Whether it must name the token by `ath`. One that it names must be this one, in any case. */
  readonly needsAth: boolean
  /** Seconds since the epoch. */
  readonly now: number
}

/** A proof that is good, and counts once. */
export interface Proof {
  readonly ok: true
  /** RFC 7638 thumbprint of the key that signed it: what `cnf.jkt` of the token must be. */
  readonly jkt: string
  readonly jti: string
  /** Seconds since the epoch: from then on it is rejected for its age. */
  readonly until: number
  readonly nonce: string | undefined
}

export type ProofResult = Proof | { readonly ok: false; readonly rejection: string }

/**
 * Checks a DPoP proof (RFC 9449 §4.3), but for its nonce, whether it was used before, and whether the token is bound to its
 * key.
 */
export async function checkProof(proof: string, expected: ExpectedProof): Promise<ProofResult> {
  const read = await readProof(proof)
  if (typeof read === 'string') return rejected(read)
  const { jwk, claims } = read
  const { htm, htu, iat, jti, ath, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return rejected('no_jti')
  if (htm !== expected.method) return rejected('another_method')
  const uri = typeof htu === 'string' ? plainUri(htu) : undefined
  if (uri === undefined || uri !== plainUri(expected.url)) return rejected('another_uri')
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return rejected('no_iat')
  if (Math.abs(expected.now - iat) > PROOF_SECONDS) return rejected('another_time')
  const isNamed = expected.needsAth || ath !== undefined
  if (isNamed && ath !== (await sha256(encodeUtf8(expected.token)))) return rejected('another_token')
  if (nonce !== undefined && typeof nonce !== 'string') return rejected('malformed')
  return { ok: true, jkt: await calculateJwkThumbprint(jwk), jti, until: iat + PROOF_SECONDS, nonce }
}

/** Type, key and signature. A text says what is wrong. Two headers come joined by a comma, and so are no JWT. */
async function readProof(
  proof: string,
): Promise<{ readonly jwk: JWK; readonly claims: Readonly<Record<string, unknown>> } | string> {
  try {
    const { header, payload: claims } = parse(proof)
    const { typ, jwk } = header
    if (typeof typ !== 'string' || typ.toLowerCase() !== 'dpop+jwt') return 'wrong_type'
    // A JWK Set is no key: one of it would be looked for.
    if (!isObject(jwk) || 'keys' in jwk || String(jwk.n).length > MAX_MODULUS_LENGTH) return 'bad_key'
    await verifyCompact(proof, jwk, { algorithms: DPOP_ALGS })
    return { jwk, claims }
  } catch (error) {
    if (error instanceof TokenError) return error.reason
    // Private, too weak, or of a kind that does not sign.
    if (error instanceof ConfigError) return 'bad_key'
    throw error
  }
}

function rejected(rejection: string): ProofResult {
  return { ok: false, rejection }
}
