import { MAX_SEALED_LENGTH } from '../constants.ts'
import { ALGORITHMS, importVerifier } from '../jose/algorithms.ts'
import { decodeBase64Url, encodeBase64Url } from '../jose/base64url.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'
import { canonicalJson } from '../primitives/canonical-json.ts'
import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

/** Where a token and what it belongs to travel, or stay: a seal of one place is none in another. */
export type Place = 'queue' | 'workflow' | 'kept'

/**
 * A delegated token, and what binds it to the body beside it. The token names a key (`cnf`, RFC 7800 §3.1) that the sender made
 * for this and never gave away; the signature is that key's, over place, id, token and body. So whoever reads it has a token
 * that is good for this one body.
 */
export interface Seal {
  readonly token: string
  /** The public half: `x` of an Ed25519 JWK. */
  readonly key: string
  /** Names the message. Of a workflow it is the id of the instance. */
  readonly id: string
  readonly sig: string
}

/** What was signed, and with what it came. */
export interface Sealed {
  readonly place: Place
  readonly seal: Seal
  readonly body: unknown
}

/** Makes one seal after another with one key, which lives as long as this does and never leaves it. */
export interface Sealer {
  /** RFC 7638 thumbprint of the key, for the tokens that it is to be bound to. */
  readonly jkt: string
  /** @throws ClaimsError for a body that is no JSON, or more than 1 MiB of it */
  seal(place: Place, id: string, token: string, body: unknown): Promise<Seal>
}

const { name } = ALGORITHMS.EdDSA.params

/** Makes a key of its own. */
export async function makeSealer(): Promise<Sealer> {
  const pair = (await crypto.subtle.generateKey(name, false, ['sign', 'verify'])) as CryptoKeyPair
  const key = encodeBase64Url(
    new Uint8Array((await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer),
  )
  return {
    jkt: await thumbprintOf(key),
    async seal(place, id, token, body) {
      const signature = await crypto.subtle.sign(name, pair.privateKey, signedBytes(place, id, token, body))
      return { token, key, id, sig: encodeBase64Url(new Uint8Array(signature)) }
    },
  }
}

/**
 * Whether this body, in this place, is what was sealed, by the key that the token names.
 *
 * @param cnf the claim of the token, which was verified
 */
export async function isSealed({ place, seal, body }: Sealed, cnf: unknown): Promise<boolean> {
  const { token, key, id, sig } = seal
  if (!isObject(cnf) || cnf.jkt !== (await thumbprintOf(key))) return false
  const [raw, signature] = [decodeBase64Url(key), decodeBase64Url(sig)]
  if (raw?.length !== 32 || signature?.length !== ALGORITHMS.EdDSA.signatureBytes) return false
  try {
    const verify = await importVerifier(ALGORITHMS.EdDSA.params, raw)
    return await verify(signature, signedBytes(place, id, token, body))
  } catch {
    // No point of the curve, or a body that nobody can have sealed.
    return false
  }
}

/** No JWS signs these bytes: its signing input has no brace. */
function signedBytes(place: Place, id: string, token: string, body: unknown): Uint8Array {
  return encodeUtf8(canonicalJson({ place, id, token, body }, MAX_SEALED_LENGTH))
}

/** Reads a seal; `undefined` for what is none. Its parts have the lengths that they must have. */
export function readSeal(value: unknown): Seal | undefined {
  if (!isObject(value)) return undefined
  const { token, key, id, sig } = value
  return isText(token) && isText(key, 43) && isText(id) && isText(sig, 86) && id.length <= 128
    ? { token, key, id, sig }
    : undefined
}

function isText(value: unknown, length?: number): value is string {
  return typeof value === 'string' && value !== '' && (length === undefined || value.length === length)
}
