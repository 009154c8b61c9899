import { allowsOperation, decodeMember, hasPrivateMember, pointProblem } from '../jose/jwk.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { acceptedAlgs, ALGORITHMS, type Algorithm, type InternalAlg } from '../jose/algorithms.ts'
import { type CompactHeader, CompactReader } from '../jose/compact.ts'
import { MIN_SECRET_BYTES } from '../constants.ts'
import { decodeBase64Url, encodeBase64Url } from '../jose/base64url.ts'
import { ConfigError, TokenError } from '../errors.ts'
import { VerificationKey } from '../keys/verification-key.ts'
import { isPair, parsePrivateJwk, SigningKey } from '../keys/private-jwk.ts'

/** A compact JWS whose signature is good. Its payload is bytes: nothing about claims was checked. */
export interface VerifiedJws {
  /** The protected header. */
  readonly header: CompactHeader
  /** What was signed. */
  readonly payload: Uint8Array
}

/**
 * Signs bytes as a compact JWS (RFC 7515 §3.1) with EdDSA (OKP JWK) or HS512 (oct JWK). The layer below claims:
 * most callers want a kit's `sign`.
 *
 * @param payload what is signed, as it is
 * @param jwk a private Ed25519 JWK with a `kid`, or an `oct` JWK of at least 64 bytes
 * @param header more protected header members; `alg` and `kid` are set from the key
 * @throws ConfigError for a key that does not fit, and for `crit` or `b64` in the header
 */
export async function signCompact(
  payload: Uint8Array,
  jwk: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  if ('crit' in header || 'b64' in header) throw new ConfigError('crit and b64 are not supported')
  const key = await signingKey(jwk)
  const { alg, params } = key.algorithm
  const members = { ...header, alg, ...(key.kid !== undefined && { kid: key.kid }) }
  const input = `${encodeBase64Url(encodeUtf8(JSON.stringify(members)))}.${encodeBase64Url(payload)}`
  const signature = await crypto.subtle.sign(params, await key.load(), encodeUtf8(input))
  return `${input}.${encodeBase64Url(new Uint8Array(signature))}`
}

/**
 * Verifies a compact JWS (RFC 7515 §5.2) with one key and one algorithm. Strict: canonical base64url, no
 * `crit`, no `b64`; `jwk`, `jku`, `x5u`, `x5c` in the header are never read.
 *
 * @param jwk a public Ed25519 JWK, or an `oct` JWK
 * @param options.alg the one algorithm that is accepted; the header and the key must both fit it
 * @param options.maxBytes longest token that is looked at; default 8192
 * @throws TokenError `malformed`, `too_large`, `unsupported_alg`, `unsupported_crit`, `bad_signature`
 * @throws ConfigError for a key that does not fit the algorithm
 */
export async function verifyCompact(
  token: string,
  jwk: Readonly<Record<string, unknown>>,
  options: { readonly alg: InternalAlg; readonly maxBytes?: number },
): Promise<VerifiedJws> {
  const algorithm = ALGORITHMS[options.alg]
  const key = verificationKey(jwk, algorithm)
  const { cryptoKey } = await key.load()
  const { header, payload, signature, signingInput } = new CompactReader(options.maxBytes).read(token)
  if (!key.algs.includes(header.alg))
    throw new TokenError('unsupported_alg', `only ${algorithm.alg} is accepted`)
  const good =
    signature.length === algorithm.signatureBytes &&
    (await crypto.subtle.verify(algorithm.params, cryptoKey, signature, signingInput))
  if (!good) throw new TokenError('bad_signature', 'the signature does not match')
  return { header, payload }
}

async function signingKey(jwk: Readonly<Record<string, unknown>>): Promise<SigningKey> {
  if (jwk.kty === ALGORITHMS.HS512.kty) {
    checkMembers(jwk, ALGORITHMS.HS512, 'sign')
    return new SigningKey('HS512', octBytes(jwk))
  }
  const parsed = parsePrivateJwk(jwk)
  if (!parsed.ok) throw new ConfigError(`the key cannot sign: ${parsed.problem}`)
  if (!(await isPair(parsed.jwk).catch(() => false)))
    throw new ConfigError('the halves of the key do not belong together')
  return parsed.jwk.signing
}

function verificationKey(jwk: Readonly<Record<string, unknown>>, algorithm: Algorithm): VerificationKey {
  if (!isObject(jwk) || jwk.kty !== algorithm.kty)
    throw new ConfigError(`the key is not for ${algorithm.alg}`)
  const algs = checkMembers(jwk, algorithm, 'verify')
  if (algorithm.kty === 'oct') return new VerificationKey(algorithm.alg, octBytes(jwk))
  if (jwk.crv !== 'Ed25519') throw new ConfigError('the crv of the key is not Ed25519')
  if (hasPrivateMember(jwk)) throw new ConfigError('this is a private key: verify with its public half')
  const { x } = jwk
  const point = decodeMember(x)
  if (!point || typeof x !== 'string')
    throw new ConfigError('the x of the key is not 32 bytes in canonical base64url')
  const problem = pointProblem(point)
  if (problem !== undefined) throw new ConfigError(`the key is not usable: ${problem}`)
  return new VerificationKey(algorithm.alg, point, { kid: '', x, algs })
}

/** Checks what a JWK says it is for (RFC 7517 §4), and returns the `alg` header values that it accepts. */
function checkMembers(
  { use, key_ops: keyOps, alg }: Readonly<Record<string, unknown>>,
  algorithm: Algorithm,
  operation: 'sign' | 'verify',
): readonly string[] {
  if (use !== undefined && use !== 'sig') throw new ConfigError('the use of the key is not sig')
  if (!allowsOperation(keyOps, operation)) throw new ConfigError(`the key_ops of the key lack ${operation}`)
  const algs = acceptedAlgs(algorithm, alg)
  if (!algs) throw new ConfigError(`the alg of the key is not ${algorithm.alg}`)
  return algs
}

function octBytes(jwk: Readonly<Record<string, unknown>>): Uint8Array {
  const bytes = typeof jwk.k === 'string' ? decodeBase64Url(jwk.k) : null
  if (!bytes || bytes.length < MIN_SECRET_BYTES) {
    throw new ConfigError(`the secret is not base64url of at least ${MIN_SECRET_BYTES} bytes (RFC 7518 §3.2)`)
  }
  return bytes
}
