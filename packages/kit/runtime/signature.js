// Signatures by WebCrypto, the runtime's own on Workers, Bun and Deno.

/**
 * PKCS #8 in front of a 32-byte Ed25519 seed (RFC 8410 §7). Importing the seed alone makes the runtime derive
 * the public half, so a JWK whose halves differ cannot be half believed: workerd ignores `x` there, Node throws.
 */
const PKCS8_ED25519 = [
  0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

// A call gets the algorithm's name alone: the key knows the rest, and workerd reads a string sooner.

export async function importVerifier(params, raw) {
  const key = await crypto.subtle.importKey('raw', raw, params, false, ['verify'])
  return (signature, input) => crypto.subtle.verify(params.name, key, signature, input)
}

export async function importSigner(params, raw) {
  const [format, bytes] =
    params.name === 'HMAC' ? ['raw', raw] : ['pkcs8', new Uint8Array([...PKCS8_ED25519, ...raw])]
  const key = await crypto.subtle.importKey(format, bytes, params, false, ['sign'])
  return (input) => crypto.subtle.sign(params.name, key, input)
}
