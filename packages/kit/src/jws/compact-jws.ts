import { ALGORITHMS, importSigner, importVerifier, type InternalAlg } from '../jose/algorithms.ts'
import { decodeBase64Url, encodeBase64Url } from '../jose/base64url.ts'
import { type CompactHeader, readCompact } from '../jose/compact.ts'
import { hasPrivateMember, readPoint, readPrivateMembers, readPurpose } from '../jose/jwk.ts'
import { belongTogether } from '../jose/key-pair.ts'
import { MIN_SECRET_BYTES } from '../constants.ts'
import { ConfigError, TokenError } from '../errors.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

type Jwk = Readonly<Record<string, unknown>>

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
  if ('crit' in header || 'b64' in header) throw new ConfigError('the header has crit or b64')
  // Whatever kit-keygen writes is taken as it is.
  const own = isObject(jwk.privateJwk) ? jwk.privateJwk : jwk
  const isSecret = own.kty === 'oct'
  const { alg, params } = ALGORITHMS[isSecret ? 'HS512' : 'EdDSA']
  const { raw, seed, kid } = usable<KeyBytes>(isSecret ? readSecret(own, 'sign') : readPrivateMembers(own))
  const sign = await importSigner(params, seed ?? raw)
  if (seed && !(await belongTogether(sign, importVerifier(params, raw))))
    usable('its halves do not belong together')
  const members = { ...header, alg, kid: kid ?? header.kid }
  const input = `${encodeBase64Url(encodeUtf8(JSON.stringify(members)))}.${encodeBase64Url(payload)}`
  return `${input}.${encodeBase64Url(new Uint8Array(await sign(encodeUtf8(input))))}`
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
  const { alg, maxBytes } = options
  const { params, signatureBytes } = ALGORITHMS[alg]
  const { raw, algs } = usable(readKey(jwk, alg))
  const verify = await importVerifier(params, raw)
  const { header, payload, signature, signingInput } = readCompact(token, maxBytes)
  if (!algs.includes(header.alg)) throw new TokenError('unsupported_alg', `only ${alg} is accepted`)
  if (signature.length !== signatureBytes || !(await verify(signature, signingInput)))
    throw new TokenError('bad_signature', 'the signature does not match')
  return { header, payload }
}

/** A JWK that was read. */
interface KeyBytes {
  /** The secret, or the public point. */
  readonly raw: Uint8Array
  /** The `alg` header values that it accepts. */
  readonly algs: readonly string[]
  /** The private half. */
  readonly seed?: Uint8Array
  readonly kid?: string
}

function readKey(jwk: Jwk, alg: InternalAlg): KeyBytes | string {
  const members = isObject(jwk) ? jwk : {}
  if (alg === 'HS512') return readSecret(members, 'verify')
  const read = readPoint(members, 'verify')
  return typeof read !== 'string' && hasPrivateMember(members) ? 'it is a private key' : read
}

function readSecret(jwk: Jwk, operation: 'sign' | 'verify'): KeyBytes | string {
  const { kty, k } = jwk
  if (kty !== 'oct') return 'it is not a secret (kty oct)'
  const algs = readPurpose(jwk, ALGORITHMS.HS512, operation)
  if (typeof algs === 'string') return algs
  const raw = typeof k === 'string' && decodeBase64Url(k)
  return raw && raw.length >= MIN_SECRET_BYTES
    ? { raw, algs }
    : `its k is not ${MIN_SECRET_BYTES} or more bytes in canonical base64url`
}

function usable<T>(read: T | string): T {
  if (typeof read === 'string') throw new ConfigError(`the key is not usable: ${read}`)
  return read
}
