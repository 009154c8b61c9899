import { readPrivateMembers } from '../jose/jwk.ts'
import { belongTogether } from '../jose/key-pair.ts'
import { isObject } from '../primitives/json.ts'
import {
  ALGORITHMS,
  type Algorithm,
  importSigner,
  type InternalAlg,
  type Sign,
  type Verify,
} from '../jose/algorithms.ts'
import { VerificationKey } from './verification-key.ts'

/** A key to sign with. It is imported on first use. */
export class SigningKey {
  readonly algorithm: Algorithm
  /** `undefined` for secrets: an HS512 header names no key. */
  readonly kid: string | undefined
  readonly #raw: Uint8Array
  #sign: Sign | undefined

  constructor(alg: InternalAlg, raw: Uint8Array, kid?: string) {
    this.algorithm = ALGORITHMS[alg]
    this.kid = kid
    this.#raw = raw
  }

  /** The imported key: synchronous once it is there. */
  load(): Sign | Promise<Sign> {
    return this.#sign ?? this.#import()
  }

  async #import(): Promise<Sign> {
    this.#sign = await importSigner(this.algorithm.params, this.#raw)
    return this.#sign
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
 * Reads a private Ed25519 JWK (RFC 8037 §2), or the whole output of kit-keygen.
 * Whether its halves belong together takes a signature: see {@link isPair}.
 *
 * @param spareKid the `kid` of a key that has none of its own
 */
export function parsePrivateJwk(jwk: unknown, spareKid?: string): PrivateJwkResult {
  if (!isObject(jwk)) return reject('it is not a JWK in JSON; make one with: npx kit-keygen --private')
  if (isObject(jwk.privateJwk)) return parsePrivateJwk(jwk.privateJwk, spareKid)

  const members = readPrivateMembers(jwk.kid === undefined ? { ...jwk, kid: spareKid } : jwk)
  if (typeof members === 'string') return reject(members)
  const { kid, x, raw, algs, seed, nbf = 0, exp = Infinity } = members
  const signing = new SigningKey('EdDSA', seed, kid)
  const verification = new VerificationKey('EdDSA', raw, { kid, x, algs })
  return { ok: true, jwk: { kid, x, nbf, exp, signing, verification } }
}

/** Whether the halves of a key belong together. False, too, when one of them cannot be imported. */
export async function isPair({ signing, verification }: PrivateJwk): Promise<boolean> {
  try {
    return await belongTogether(await signing.load(), verifierOf(verification))
  } catch {
    return false
  }
}

async function verifierOf(key: VerificationKey): Promise<Verify> {
  return (await key.load()).verify
}

function reject(problem: string): PrivateJwkResult {
  return { ok: false, problem }
}
