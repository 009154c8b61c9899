import { acceptedAlgs, type Algorithm, ALGORITHMS } from './algorithms.ts'
import { decodeBase64Url } from './base64url.ts'
import { isKid, KID_RULE } from './compact.ts'

/** The members of a JWK that are secret, for every key type (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/**
 * How the `x` of no key may begin, or read: the points of small order (y = 0, 1, p − 1, and the two of order 8), and every y
 * from p = 2^255 − 19 up, which is not canonical. Under a "key" of small order a forged signature verifies on workerd (Node
 * rejects). Ten characters tell most of them: an honest key begins so once in 2^58. The top bit is the sign, and may be
 * set: `3` or `_` in the last place but one.
 */
const BAD_POINT = /^(A[AQ]A{8}|JuiVj8KyJ7|xxdqcD1N2E|[7-9_-][Pfv_]_{39}[3_]8)/

/** True when a JWK holds any secret member. */
export function hasPrivateMember(jwk: Readonly<Record<string, unknown>>): boolean {
  return PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined)
}

/** True when `key_ops` is absent or lists the operation (RFC 7517 §4.3). */
export function allowsOperation(keyOps: unknown, operation: 'sign' | 'verify'): boolean {
  return keyOps === undefined || (Array.isArray(keyOps) && keyOps.includes(operation))
}

/** Decodes a 32-byte member (`x` or `d`) in its one canonical spelling of 43 characters. */
export function decodeMember(value: unknown): Uint8Array | null {
  if (typeof value !== 'string' || value.length !== 43) return null
  return decodeBase64Url(value)
}

/**
 * Says what is wrong with a point, or returns `undefined` (RFC 8032 §5.1.3).
 *
 * @param x 32 bytes in canonical base64url
 */
export function pointProblem(x: string): string | undefined {
  return BAD_POINT.test(x) ? 'its point is of small order, or not canonical' : undefined
}

type Members = Readonly<Record<string, unknown>>

/**
 * Reads what a JWK says it is for: `alg` absent or a name of the algorithm, `use` absent or `sig`, `key_ops` absent or
 * holding the operation (RFC 7517 §4). Returns the `alg` header values that it accepts, or what is wrong.
 */
export function readPurpose(
  { alg, use, key_ops: keyOps }: Members,
  algorithm: Algorithm,
  operation: 'sign' | 'verify',
): readonly string[] | string {
  if (use !== undefined && use !== 'sig') return 'its use is not sig'
  if (!allowsOperation(keyOps, operation)) return `its key_ops lack ${operation}`
  return acceptedAlgs(algorithm, alg) ?? `its alg is not ${algorithm.alg}`
}

/** What every Ed25519 JWK has. */
export interface PointMembers {
  readonly x: string
  /** The point, encoded (RFC 8032 §5.1.2). */
  readonly raw: Uint8Array
  /** The `alg` header values that the key accepts: see {@link acceptedAlgs}. */
  readonly algs: readonly string[]
}

/**
 * Reads those members, or says what is wrong: `kty` OKP, `crv` Ed25519, a purpose that fits, `x` canonical and not of
 * small order (RFC 7517 §4, RFC 8037 §2, RFC 9864).
 */
export function readPoint(jwk: Members, operation: 'sign' | 'verify'): PointMembers | string {
  const { kty, crv, x } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519') return 'it is not an Ed25519 key (kty OKP, crv Ed25519)'
  const algs = readPurpose(jwk, ALGORITHMS.EdDSA, operation)
  if (typeof algs === 'string') return algs
  const raw = decodeMember(x)
  if (!raw || typeof x !== 'string') return 'its x is not 32 bytes in canonical base64url'
  return pointProblem(x) ?? { x, raw, algs }
}

/** An Ed25519 JWK that a kit may hold: one with a `kid`. */
export interface OkpMembers extends PointMembers {
  readonly kid: string
}

/** Reads those members, or says what is wrong: {@link readPoint}, and a `kid`. */
export function readOkpMembers(jwk: Members, operation: 'sign' | 'verify'): OkpMembers | string {
  const { kid } = jwk
  const members = readPoint(jwk, operation)
  if (typeof members === 'string') return members
  if (kid === undefined) return 'it has no kid'
  return isKid(kid) ? { ...members, kid } : `its ${KID_RULE}`
}

/** A private Ed25519 JWK. */
export interface PrivateMembers extends OkpMembers {
  readonly seed: Uint8Array
  /** Seconds since the epoch. */
  readonly nbf: number | undefined
  /** Seconds since the epoch. */
  readonly exp: number | undefined
}

/** Reads those members, or says what is wrong: {@link readOkpMembers}, `d` canonical, `nbf` and `exp` absent or times. */
export function readPrivateMembers(jwk: Members): PrivateMembers | string {
  const { d, nbf, exp } = jwk
  const members = readOkpMembers(jwk, 'sign')
  if (typeof members === 'string') return members
  if (d === undefined) return 'it is a public key'
  const seed = decodeMember(d)
  if (!seed) return 'its d is not 32 bytes in canonical base64url'
  if (!isTime(nbf) || !isTime(exp)) return `its ${isTime(nbf) ? 'exp' : 'nbf'} is not a time in seconds`
  return { ...members, seed, nbf, exp }
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0 && value < Infinity)
}
