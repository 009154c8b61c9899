import type { SignatureParams } from '#signature'

export { importSigner, importVerifier, type Sign, type Verify } from '#signature'

/** The algorithms of internal tokens. */
export type InternalAlg = 'EdDSA' | 'HS512'

/** One row a signature algorithm: all that differs between them. */
export interface Algorithm {
  /** What this kit writes in the `alg` header. */
  readonly alg: InternalAlg
  /** The `alg` header values that name this algorithm. `Ed25519` is RFC 9864's name for EdDSA on that curve. */
  readonly names: readonly string[]
  readonly signatureBytes: number
  readonly params: SignatureParams
}

/** The one table of algorithms: no code elsewhere branches on an algorithm's name. */
export const ALGORITHMS: Readonly<Record<InternalAlg, Algorithm>> = {
  EdDSA: {
    alg: 'EdDSA',
    names: ['EdDSA', 'Ed25519'],
    signatureBytes: 64,
    params: { name: 'Ed25519' },
  },
  HS512: {
    alg: 'HS512',
    names: ['HS512'],
    signatureBytes: 64,
    params: { name: 'HMAC', hash: 'SHA-512' },
  },
}

/**
 * The `alg` header values that a JWK with this `alg` accepts; `undefined` when it is for another algorithm. What this kit
 * writes is always among them: runtimes export Ed25519 keys as `Ed25519`, and such a key signs as `EdDSA` here, which is
 * the same (RFC 9864 §2.2). A JWK that names what is written accepts that name alone.
 */
export function acceptedAlgs(
  { alg: written, names }: Pick<Algorithm, 'alg' | 'names'>,
  alg: unknown,
): readonly string[] | undefined {
  if (alg === written) return [written]
  return alg === undefined || (names as readonly unknown[]).includes(alg) ? names : undefined
}
