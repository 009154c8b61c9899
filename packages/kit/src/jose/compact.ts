import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8, encodeUtf8Into } from '../primitives/utf8.ts'
import { MAX_KID_LENGTH, MAX_TOKEN_BYTES } from '../constants.ts'
import { decodeBase64Url, decodeBase64UrlInto } from './base64url.ts'
import { TokenError } from '../errors.ts'
import { deepFreeze } from '../primitives/deep-freeze.ts'

/** The protected header of a compact JWS, with the members that matter checked for type. */
export interface CompactHeader {
  /** The algorithm that it names. */
  readonly alg: string
  /** The key that it names. */
  readonly kid: string | undefined
  /** What kind of token it says to be. */
  readonly typ: string | undefined
  /** All members as they came. `jwk`, `jku`, `x5u` and `x5c` are never acted on. */
  readonly members: Readonly<Record<string, unknown>>
}

/** A compact JWS taken apart. The byte arrays are views that the reader's next `read` overwrites. */
export interface CompactJws {
  readonly header: CompactHeader
  /** The encoded header: what a header cache is keyed by. */
  readonly encodedHeader: string
  /** The bytes that are signed: the first two segments and the dot between them. */
  readonly signingInput: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Takes compact JWSs apart (RFC 7515 §7.1), strictly: exactly three segments, canonical base64url, a header
 * that is a JSON object without `crit` or `b64` (no extension is understood here, RFC 7515 §4.1.11).
 *
 * It works in buffers that it keeps, for speed: use what `read` gives before the next `await`, or read again.
 */
export class CompactReader {
  readonly #maxBytes: number
  readonly #ascii: Uint8Array
  readonly #payload: Uint8Array
  readonly #signature: Uint8Array
  readonly #known: (encodedHeader: string) => CompactHeader | undefined
  #last: CompactJws | undefined

  /**
   * @param maxBytes longest token that is looked at
   * @param known a cache of headers parsed before; only headers of tokens that verified belong in it
   */
  constructor(
    maxBytes: number = MAX_TOKEN_BYTES,
    known: (encodedHeader: string) => CompactHeader | undefined = () => undefined,
  ) {
    this.#maxBytes = maxBytes
    this.#known = known
    this.#ascii = new Uint8Array(maxBytes)
    this.#payload = new Uint8Array(maxBytes)
    this.#signature = new Uint8Array(maxBytes)
  }

  /** @throws TokenError `malformed`, `too_large`, `unsupported_crit` */
  read(token: string): CompactJws {
    const { length } = token
    if (length > this.#maxBytes) throw new TokenError('too_large', `longer than ${this.#maxBytes} bytes`)
    const first = token.indexOf('.')
    const second = token.indexOf('.', first + 1)
    if (first <= 0 || second < 0 || token.includes('.', second + 1)) {
      throw new TokenError('malformed', 'not three segments')
    }
    this.#last = undefined
    // Characters outside ASCII take more bytes than one each, or do not fit: either way the count differs.
    if (encodeUtf8Into(token, this.#ascii) !== length) throw new TokenError('malformed', 'not ASCII')
    const payloadBytes = decodeBase64UrlInto(token.slice(first + 1, second), this.#payload)
    const signatureBytes = decodeBase64UrlInto(token.slice(second + 1), this.#signature)
    if (payloadBytes < 0 || signatureBytes < 0) throw new TokenError('malformed', 'not canonical base64url')
    const encodedHeader = token.slice(0, first)
    this.#last = {
      header: this.#known(encodedHeader) ?? parseHeader(encodedHeader),
      encodedHeader,
      signingInput: this.#ascii.subarray(0, second),
      payload: this.#payload.subarray(0, payloadBytes),
      signature: this.#signature.subarray(0, signatureBytes),
    }
    return this.#last
  }

  /** False once another token was read: the buffers behind `jws` are shared. */
  holds(jws: CompactJws): boolean {
    return this.#last === jws
  }
}

function parseHeader(encoded: string): CompactHeader {
  const bytes = decodeBase64Url(encoded)
  const members = bytes && parseJsonObject(decodeUtf8(bytes))
  if (!members) throw new TokenError('malformed', 'the header is not a JSON object in canonical base64url')
  if (Object.hasOwn(members, 'crit') || Object.hasOwn(members, 'b64')) {
    throw new TokenError('unsupported_crit', 'the header has crit or b64')
  }
  const { alg, kid, typ } = members
  if (typeof alg !== 'string') throw new TokenError('malformed', 'the header has no alg')
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)) {
    throw new TokenError('malformed', `kid is not a string of 1 to ${MAX_KID_LENGTH} characters`)
  }
  if (typ !== undefined && typeof typ !== 'string') throw new TokenError('malformed', 'typ is not a string')
  return deepFreeze({ alg, kid, typ, members })
}
