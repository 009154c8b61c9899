import { MAX_KID_LENGTH } from '../constants.ts'
import { ALGORITHMS } from './algorithms.ts'
import { decodeBase64Url } from './base64url.ts'

/** The members of a JWK that are secret, for every key type (RFC 7518 §6, RFC 8037 §2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/**
 * Points of small order in every encoding, canonical or not. Under such a "key" a forged signature verifies on
 * workerd (Node rejects), so they are rejected here. The sign bit (top bit of the last byte) is masked off first.
 */
const SMALL_ORDER: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

/** 2^255 − 19 as little-endian hex without its lowest byte: a `y` at or above it is not canonical. */
const FIELD_TAIL = 'ff'.repeat(30) + '7f'

/** True when a JWK holds any secret member. */
export function hasPrivateMember(jwk: Readonly<Record<string, unknown>>): boolean {
  return PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined)
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
  const y = Uint8Array.from(point)
  y[31] = (y[31] ?? 0) & 0x7f
  const hex = Array.from(y, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (SMALL_ORDER.includes(hex)) return 'its point has small order'
  if (hex.slice(2) === FIELD_TAIL && (y[0] ?? 0) >= 0xed) return 'its point is not canonical'
  return undefined
}

/** What the public and the private form of an Ed25519 JWK have in common. */
export interface OkpMembers {
  readonly kid: string
  readonly x: string
  readonly point: Uint8Array
  /** The `alg` header values that the key accepts: its own `alg`, or every name of EdDSA. */
  readonly algs: readonly string[]
}

/**
 * Reads those members, or says what is wrong: `kty` OKP, `crv` Ed25519, `alg` absent or a name of EdDSA, `use`
 * absent or `sig`, a `kid`, `x` canonical and not of small order (RFC 7517 §4, RFC 8037 §2, RFC 9864).
 */
export function readOkpMembers(jwk: Readonly<Record<string, unknown>>): OkpMembers | string {
  const { kid, kty, crv, alg, use, x } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519') return 'it is not an Ed25519 key (kty OKP, crv Ed25519)'
  const { names } = ALGORITHMS.EdDSA
  if (alg !== undefined && !(typeof alg === 'string' && names.includes(alg))) return 'its alg is not EdDSA'
  if (use !== undefined && use !== 'sig') return 'its use is not sig'
  if (kid === undefined) return 'it has no kid'
  if (!isKid(kid)) return `its kid is not a string of 1 to ${MAX_KID_LENGTH} characters`
  const point = decodeMember(x)
  if (!point || typeof x !== 'string') return 'its x is not 32 bytes in canonical base64url'
  return pointProblem(point) ?? { kid, x, point, algs: alg === undefined ? names : [alg] }
}
