import { sha256 } from './sha256.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

/**
 * The RFC 7638 thumbprint of an Ed25519 public key: base64url(SHA-256) over its required members in
 * lexicographic order (RFC 8037 §2).
 *
 * @param x the `x` member of the JWK
 */
export function thumbprintOf(x: string): Promise<string> {
  return sha256(encodeUtf8(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })))
}
