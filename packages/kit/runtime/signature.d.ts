/** An algorithm as WebCrypto names it. */
export type SignatureParams =
  { readonly name: 'Ed25519' } | { readonly name: 'HMAC'; readonly hash: 'SHA-512' }

/** Says whether a signature is that of the input, in constant time. It needs neither of them after it has returned. */
export type Verify = (signature: Uint8Array, input: Uint8Array) => boolean | Promise<boolean>

/** Signs the input. It does not need it after it has returned. */
export type Sign = (input: Uint8Array) => ArrayLike<number> | Promise<ArrayBuffer>

/**
 * Imports the key that verifies, once, from raw bytes: the public point, or the secret.
 *
 * @throws whatever the runtime throws for bytes that are no key
 */
export function importVerifier(params: SignatureParams, raw: Uint8Array): Promise<Verify>

/**
 * Imports the key that signs, once, from raw bytes: the 32-byte seed, or the secret.
 *
 * @throws whatever the runtime throws for bytes that are no key
 */
export function importSigner(params: SignatureParams, raw: Uint8Array): Promise<Sign>
