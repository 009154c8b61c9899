import { allowsOperation, decodeMember, hasPrivateMember, pointProblem } from '../jose/jwk.ts'
import { isObject } from '../primitives/json.ts'
import { type CryptoKey, importJWK } from 'jose'
import { MAX_KID_LENGTH, MIN_RSA_BITS, MIN_RSA_EXPONENT } from '../constants.ts'
import { decodeBase64Url } from '../jose/base64url.ts'
import type { ParsedKey } from '../keys/jwks-source.ts'
import type { SetKey } from '../keys/key-set.ts'
import { algsOf, type ExternalAlg, type KeyFamily } from './algorithms.ts'

/** The public members of a JWK that make the key, and nothing else of it. */
type KeyMembers = Readonly<Record<'kty', string> & Partial<Record<'crv' | 'x' | 'y' | 'n' | 'e', string>>>

/** A public key of another issuer. It is imported for each algorithm on first use. */
export class ExternalKey implements SetKey {
  readonly kid: string | undefined
  /** The one algorithm that its JWK names (RFC 8725 §3.1), or all of its family. */
  readonly algs: readonly ExternalAlg[]
  readonly material: string
  readonly #members: KeyMembers
  readonly #imported = new Map<ExternalAlg, CryptoKey>()

  constructor(kid: string | undefined, algs: readonly ExternalAlg[], members: KeyMembers) {
    this.kid = kid
    this.algs = algs
    this.#members = members
    this.material = JSON.stringify(members)
  }

  /** The imported key; `undefined` when its members are out of range, as a point beside its curve is. */
  async load(alg: ExternalAlg): Promise<CryptoKey | undefined> {
    const known = this.#imported.get(alg)
    if (known) return known
    // workerd rejects alg "Ed25519" in a JWK; the members alone say what the key is.
    const key = await importJWK({ ...this.#members }, alg).catch(() => undefined)
    if (key === undefined || key instanceof Uint8Array) return undefined
    this.#imported.set(alg, key)
    return key
  }
}

/** Reads a public JWK of any family, strictly (RFC 7517 §4, RFC 8725 §3.1). */
export function parseExternalJwk(jwk: unknown): ParsedKey<ExternalKey> {
  if (!isObject(jwk)) return { ok: false, kid: undefined, problem: 'it is not a JSON object' }
  const { kid, alg, use, key_ops: keyOps } = jwk
  const kidText = typeof kid === 'string' ? kid.slice(0, MAX_KID_LENGTH) : undefined
  const reject = (problem: string): ParsedKey<ExternalKey> => ({ ok: false, kid: kidText, problem })
  if (hasPrivateMember(jwk)) return reject('it holds a private or a shared key')
  if (kid !== undefined && (kidText === '' || kidText !== kid)) {
    return reject(`its kid is not a string of 1 to ${MAX_KID_LENGTH} characters`)
  }
  if (use !== undefined && use !== 'sig') return reject('its use is not sig')
  if (!allowsOperation(keyOps, 'verify')) return reject('its key_ops lack verify')
  if (!isKeyType(jwk.kty)) return reject('its kty is not RSA, EC or OKP')
  const result = READERS[jwk.kty](jwk)
  if (typeof result === 'string') return reject(result)
  const { family, members } = result
  const algs = algsOf(family, alg)
  return algs ? { ok: true, key: new ExternalKey(kidText, algs, members) } : reject('its alg does not fit it')
}

type Read = { readonly family: KeyFamily; readonly members: KeyMembers } | string

type KeyType = 'RSA' | 'EC' | 'OKP'

/** One row a key type: what must be in it. A text says what is wrong. */
const READERS: Readonly<Record<KeyType, (jwk: Readonly<Record<string, unknown>>) => Read>> = {
  RSA: ({ n, e }) => {
    if (typeof n !== 'string' || typeof e !== 'string') return 'it has no n and e'
    const modulus = decodeBase64Url(n)
    const exponent = decodeBase64Url(e)
    if (!modulus || !exponent) return 'its n and e are not canonical base64url'
    if (bitsOf(modulus) < MIN_RSA_BITS) return `its modulus has fewer than ${MIN_RSA_BITS} bits`
    if (bitsOf(exponent) > 64 || numberOf(exponent) < MIN_RSA_EXPONENT || numberOf(exponent) % 2n === 0n) {
      return `its exponent is not an odd number of at least ${MIN_RSA_EXPONENT}`
    }
    return { family: 'RSA', members: { kty: 'RSA', n, e } }
  },
  EC: ({ crv, x, y }) => {
    if (!isCurve(crv)) return 'its crv is not P-256, P-384 or P-521'
    if (typeof x !== 'string' || typeof y !== 'string') return 'it has no x and y'
    const length = COORDINATE_BYTES[crv]
    if (decodeBase64Url(x)?.length !== length || decodeBase64Url(y)?.length !== length) {
      return `its x and y are not ${length} bytes each in canonical base64url`
    }
    return { family: crv, members: { kty: 'EC', crv, x, y } }
  },
  OKP: ({ crv, x }) => {
    if (crv !== 'Ed25519') return 'its crv is not Ed25519'
    if (!decodeMember(x) || typeof x !== 'string') return 'its x is not 32 bytes in canonical base64url'
    return pointProblem(x) ?? { family: 'Ed25519', members: { kty: 'OKP', crv, x } }
  },
}

function isKeyType(kty: unknown): kty is KeyType {
  return typeof kty === 'string' && Object.hasOwn(READERS, kty)
}

const COORDINATE_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

function isCurve(crv: unknown): crv is keyof typeof COORDINATE_BYTES {
  return typeof crv === 'string' && Object.hasOwn(COORDINATE_BYTES, crv)
}

/** The number of bits without leading zeros. */
function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  const top = bytes[first]
  return top === undefined ? 0 : (bytes.length - first) * 8 - (Math.clz32(top) - 24)
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}
