import { MAX_KID_LENGTH } from '../constants.ts'
import { acceptedAlgs, ALGORITHMS } from './algorithms.ts'
import { decodeBase64Url } from './base64url.ts'

/** The members of a JWK that are secret, for every key type (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/**
 * Points of small order in every encoding, canonical or not, as little-endian hex: y = 0, 1, p − 1, p, p + 1, and the two
 * of order 8. Under such a "key" a forged signature verifies on workerd (Node rejects), so they are rejected here.
 * Eight bytes tell all but the middle three: an honest key begins like one of them once in 2^62.
 */
const SMALL_ORDER = /^(0[01]0{14}|26e8958fc2b227b0|c7176a703d4dd84f|e[cde]f{60}[7f]f$)/

/** The other `y` from p = 2^255 − 19 up: not canonical. The top bit is the sign, and no part of `y`. */
const NOT_CANONICAL = /^(ef|f.)f{60}[7f]f$/

/** True when a JWK holds any secret member. */
export function hasPrivateMember(jwk: Readonly<Record<string, unknown>>): boolean {
  return PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined)
}

/** True when `key_ops` is absent or lists the operation (RFC 7517 §4.3). */
export function allowsOperation(keyOps: unknown, operation: 'sign' | 'verify'): boolean {
  return keyOps === undefined || (Array.isArray(keyOps) && keyOps.includes(operation))
}

function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH
}

/** Decodes a 32-byte member (`x` or `d`) in its one canonical spelling of 43 characters. */
export function decodeMember(value: unknown): Uint8Array | null {
  if (typeof value !== 'string' || value.length !== 43) return null
  return decodeBase64Url(value)
}

/** Says what is wrong with an encoded point, or returns `undefined` (RFC 8032 §5.1.3). */
export function pointProblem(point: Uint8Array): string | undefined {
  const hex = Array.from(point, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (SMALL_ORDER.test(hex)) return 'its point has small order'
  return NOT_CANONICAL.test(hex) ? 'its point is not canonical' : undefined
}

/** What the public and the private form of an Ed25519 JWK have in common. */
export interface OkpMembers {
  readonly kid: string
  readonly x: string
  readonly point: Uint8Array
  /** The `alg` header values that the key accepts: see {@link acceptedAlgs}. */
  readonly algs: readonly string[]
}

/**
 * Reads those members, or says what is wrong: `kty` OKP, `crv` Ed25519, `alg` absent or a name of EdDSA, `use`
 * absent or `sig`, a `kid`, `x` canonical and not of small order (RFC 7517 §4, RFC 8037 §2, RFC 9864).
 */
export function readOkpMembers(jwk: Readonly<Record<string, unknown>>): OkpMembers | string {
  const { kid, kty, crv, alg, use, x } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519') return 'it is not an Ed25519 key (kty OKP, crv Ed25519)'
  const algs = acceptedAlgs(ALGORITHMS.EdDSA, alg)
  if (!algs) return 'its alg is not EdDSA'
  if (use !== undefined && use !== 'sig') return 'its use is not sig'
  if (kid === undefined) return 'it has no kid'
  if (!isKid(kid)) return `its kid is not a string of 1 to ${MAX_KID_LENGTH} characters`
  const point = decodeMember(x)
  if (!point || typeof x !== 'string') return 'its x is not 32 bytes in canonical base64url'
  return pointProblem(point) ?? { kid, x, point, algs }
}
