import { MAX_KID_LENGTH } from '../constants.ts'
import { hasPrivateMember, readOkpMembers } from '../jose/jwk.ts'
import { isObject } from '../primitives/json.ts'
import { VerificationKey } from './verification-key.ts'

export type PublicJwkResult =
  | { readonly ok: true; readonly key: VerificationKey; readonly x: string }
  | { readonly ok: false; readonly kid: string | undefined; readonly problem: string }

/**
 * Reads a public Ed25519 JWK, strictly: as {@link readOkpMembers}, and no secret member.
 *
 * @param needsThumbprint default `true`
 */
export function parsePublicJwk(jwk: unknown, needsThumbprint?: boolean): PublicJwkResult {
  if (!isObject(jwk)) return { ok: false, kid: undefined, problem: 'it is not a JSON object' }
  const { kid } = jwk
  const kidText = typeof kid === 'string' ? kid.slice(0, MAX_KID_LENGTH) : undefined
  const reject = (problem: string): PublicJwkResult => ({ ok: false, kid: kidText, problem })

  if (hasPrivateMember(jwk))
    return reject('it holds a private key: rotate it, and publish only the public half')
  const members = readOkpMembers(jwk, 'verify')
  if (typeof members === 'string') return reject(members)
  return { ok: true, x: members.x, key: new VerificationKey('EdDSA', members.raw, members, needsThumbprint) }
}
