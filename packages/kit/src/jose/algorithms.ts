/** The algorithms of internal tokens. */
export type InternalAlg = 'EdDSA' | 'HS512'

/** One row a signature algorithm: all that differs between them. */
export interface Algorithm {
  /** What this kit writes in the `alg` header. */
  readonly alg: InternalAlg
  /** The `alg` header values that name this algorithm. `Ed25519` is RFC 9864's name for EdDSA on that curve. */
  readonly names: readonly string[]
  /** `kty` of its JWKs. */
  readonly kty: 'OKP' | 'oct'
  readonly signatureBytes: number
  /** What WebCrypto wants at each call. The name alone: the key knows the rest, and workerd reads a string sooner. */
  readonly params: string
  /** Imports the key that verifies, from raw bytes: the public point, or the secret. */
  importVerifier(raw: Uint8Array): Promise<CryptoKey>
  /** Imports the key that signs, from raw bytes: the 32-byte seed, or the secret. */
  importSigner(raw: Uint8Array): Promise<CryptoKey>
}

const ED25519 = { name: 'Ed25519' }
const HMAC = { name: 'HMAC', hash: 'SHA-512' }

/**
 * PKCS #8 in front of a 32-byte Ed25519 seed (RFC 8410 §7). Importing the seed alone makes the runtime derive
 * the public half, so a JWK whose halves differ cannot be half believed: workerd ignores `x` there, Node throws.
 */
const PKCS8_ED25519 = [
  0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

/** The one table of algorithms: no code elsewhere branches on an algorithm's name. */
export const ALGORITHMS: Readonly<Record<InternalAlg, Algorithm>> = {
  EdDSA: {
    alg: 'EdDSA',
    names: ['EdDSA', 'Ed25519'],
    kty: 'OKP',
    signatureBytes: 64,
    params: ED25519.name,
    importVerifier: (raw) => crypto.subtle.importKey('raw', raw, ED25519, false, ['verify']),
    importSigner: (raw) =>
      crypto.subtle.importKey('pkcs8', new Uint8Array([...PKCS8_ED25519, ...raw]), ED25519, false, ['sign']),
  },
  HS512: {
    alg: 'HS512',
    names: ['HS512'],
    kty: 'oct',
    signatureBytes: 64,
    params: HMAC.name,
    importVerifier: (raw) => crypto.subtle.importKey('raw', raw, HMAC, false, ['verify']),
    importSigner: (raw) => crypto.subtle.importKey('raw', raw, HMAC, false, ['sign']),
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
  return alg === undefined || names.some((name) => name === alg) ? names : undefined
}
