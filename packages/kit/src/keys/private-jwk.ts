import { allowsOperation, decodeMember, readOkpMembers } from '../jose/jwk.ts'
import { isObject, parseJson } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { ALGORITHMS, type Algorithm, type InternalAlg } from '../jose/algorithms.ts'
import { VerificationKey } from './verification-key.ts'

/** A key to sign with. It is imported on first use. */
export class SigningKey {
  readonly algorithm: Algorithm
  /** `undefined` for secrets: an HS512 header names no key. */
  readonly kid: string | undefined
  readonly #raw: Uint8Array
  #cryptoKey: CryptoKey | undefined

  constructor(alg: InternalAlg, raw: Uint8Array, kid?: string) {
    this.algorithm = ALGORITHMS[alg]
    this.kid = kid
    this.#raw = raw
  }

  /** The imported key: synchronous once it is there. */
  load(): CryptoKey | Promise<CryptoKey> {
    return this.#cryptoKey ?? this.#import()
  }

  async #import(): Promise<CryptoKey> {
    this.#cryptoKey = await this.algorithm.importSigner(this.#raw)
    return this.#cryptoKey
  }
}

/** A private Ed25519 JWK that was read: both halves, and from when to when it may be used. */
export interface PrivateJwk {
  readonly kid: string
  readonly x: string
  /** Seconds since the epoch from which it may sign; 0 when the JWK has no `nbf`. */
  readonly nbf: number
  /** Seconds since the epoch at which it is withdrawn; `Infinity` when the JWK has no `exp`. */
  readonly exp: number
  readonly signing: SigningKey
  readonly verification: VerificationKey
}

export type PrivateJwkResult =
  { readonly ok: true; readonly jwk: PrivateJwk } | { readonly ok: false; readonly problem: string }

/**
 * Reads a private Ed25519 JWK (RFC 8037 §2), as an object or as text, or the whole output of kit-keygen.
 * Whether its halves belong together takes a signature: see {@link isPair}.
 */
export function parsePrivateJwk(value: unknown): PrivateJwkResult {
  const jwk = typeof value === 'string' ? parseJson(value) : value
  if (!isObject(jwk)) return reject('it is not a JWK in JSON; make one with: npx kit-keygen --private')
  if (isObject(jwk.privateJwk)) return parsePrivateJwk(jwk.privateJwk)

  const { d, nbf, exp, key_ops: keyOps } = jwk
  const members = readOkpMembers(jwk)
  if (typeof members === 'string') return reject(members)
  if (d === undefined) return reject('it is a public key: a signing slot needs the private half')
  if (!allowsOperation(keyOps, 'sign')) return reject('its key_ops lack sign')
  const seed = decodeMember(d)
  if (!seed) return reject('its d is not 32 bytes in canonical base64url')
  if (!isTime(nbf)) return reject('its nbf is not a time in seconds')
  if (!isTime(exp)) return reject('its exp is not a time in seconds')
  const { kid, x, point, algs } = members
  return {
    ok: true,
    jwk: {
      kid,
      x,
      nbf: nbf ?? 0,
      exp: exp ?? Infinity,
      signing: new SigningKey('EdDSA', seed, kid),
      verification: new VerificationKey('EdDSA', point, { kid, x, algs }),
    },
  }
}

const PAIR_CHECK = encodeUtf8('sealgate: do these halves belong together?')

/** True when what the private half signs verifies under the public half. No runtime checks that on import. */
export async function isPair({ signing, verification }: PrivateJwk): Promise<boolean> {
  const { params } = signing.algorithm
  const signature = await crypto.subtle.sign(params, await signing.load(), PAIR_CHECK)
  const { cryptoKey } = await verification.load()
  return crypto.subtle.verify(params, cryptoKey, signature, PAIR_CHECK)
}

function reject(problem: string): PrivateJwkResult {
  return { ok: false, problem }
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)
}
