import { ClaimsError } from '../errors.ts'
import { sha256 } from '../jose/sha256.ts'
import { canonicalJson } from '../primitives/canonical-json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

/**
 * The hash that an approval carries in `act_hash`: base64url(SHA-256 of the canonical JSON (RFC 8785) of `{ tool, args }`).
 * Whoever approves and whoever is to act compute the same.
 *
 * @param tool the name of what is done: a non-empty string
 * @param args what it is done with: any JSON
 * @throws ClaimsError for what is no JSON, is longer than 65 536 characters or has more than 64 levels
 */
export async function actHash(tool: string, args: unknown): Promise<string> {
  if (typeof tool !== 'string' || tool === '') throw new ClaimsError('tool must be a non-empty string')
  return sha256(encodeUtf8(canonicalJson({ tool, args })))
}
