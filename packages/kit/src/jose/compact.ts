import { parseJsonObject } from '../primitives/json.ts'
import { decodeUtf8, encodeUtf8Into } from '../primitives/utf8.ts'
import { MAX_KID_LENGTH, MAX_TOKEN_BYTES } from '../constants.ts'
import { decodeBase64Url, decodeBase64UrlInto } from './base64url.ts'
import { TokenError } from '../errors.ts'

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

/** A compact JWS taken apart. The byte arrays are views of the buffers that it was read with. */
export interface CompactJws {
  readonly header: CompactHeader
  /** The encoded header: what a header cache is keyed by. */
  readonly encodedHeader: string
  /** The bytes that are signed: the first two segments and the dot between them. */
  readonly signingInput: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** Where the bytes of a token go: the whole of it in ASCII, its payload, and its signature. As long as the token each. */
export type CompactBuffers = readonly [ascii: Uint8Array, payload: Uint8Array, signature: Uint8Array]

/**
 * Takes a compact JWS apart (RFC 7515 §7.1), strictly: exactly three segments, canonical base64url, a header that is a
 * JSON object without `crit` or `b64` (no extension is understood here, RFC 7515 §4.1.11).
 *
 * @param maxBytes longest token that is looked at; default 8192
 * @param buffersFor where the bytes go; default: new buffers
 * @param headerOf parses a header, or knows it from before
 * @throws TokenError `malformed`, `too_large`, `unsupported_crit`
 */
export function readCompact(
  token: string,
  maxBytes: number = MAX_TOKEN_BYTES,
  buffersFor: (bytes: number) => CompactBuffers = buffersOf,
  headerOf: (encodedHeader: string) => CompactHeader = parseHeader,
): CompactJws {
  const { length } = token
  if (length > maxBytes) throw new TokenError('too_large', `longer than ${maxBytes} bytes`)
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  // Without a second dot the search begins anew, and finds the first.
  if (first <= 0 || token.includes('.', second + 1)) malformed('not three segments')
  const [ascii, payload, signature] = buffersFor(length)
  const payloadBytes = decodeBase64UrlInto(token.slice(first + 1, second), payload)
  const signatureBytes = decodeBase64UrlInto(token.slice(second + 1), signature)
  if (payloadBytes < 0 || signatureBytes < 0) malformed('not canonical base64url')
  const encodedHeader = token.slice(0, first)
  const header = headerOf(encodedHeader)
  // All of it is base64url and dots by now: a byte a character.
  encodeUtf8Into(token, ascii)
  return {
    header,
    encodedHeader,
    signingInput: ascii.subarray(0, second),
    payload: payload.subarray(0, payloadBytes),
    signature: signature.subarray(0, signatureBytes),
  }
}

/** Reads one token after the other with buffers that it keeps, for speed: use what `read` gives before the next `await`. */
export class CompactReader {
  readonly #read: (token: string) => CompactJws
  #last: CompactJws | undefined

  /**
   * @param maxBytes longest token that is looked at
   * @param known a cache of headers parsed before; only headers of tokens that verified belong in it
   */
  constructor(
    maxBytes: number = MAX_TOKEN_BYTES,
    known: (encodedHeader: string) => CompactHeader | undefined = () => undefined,
  ) {
    const buffers = buffersOf(maxBytes)
    const headerOf = (encoded: string): CompactHeader => known(encoded) ?? parseHeader(encoded)
    this.#read = (token) => readCompact(token, maxBytes, () => buffers, headerOf)
  }

  /** @throws TokenError as {@link readCompact} */
  read(token: string): CompactJws {
    this.#last = undefined
    this.#last = this.#read(token)
    return this.#last
  }

  /** False once another token was read: the buffers behind `jws` are shared. */
  holds(jws: CompactJws): boolean {
    return this.#last === jws
  }
}

function buffersOf(bytes: number): CompactBuffers {
  return [new Uint8Array(bytes), new Uint8Array(bytes), new Uint8Array(bytes)]
}

function parseHeader(encoded: string): CompactHeader {
  const bytes = decodeBase64Url(encoded)
  const members = bytes && parseJsonObject(decodeUtf8(bytes))
  if (!members) malformed('the header is not a JSON object in canonical base64url')
  if ('crit' in members || 'b64' in members)
    throw new TokenError('unsupported_crit', 'the header has crit or b64')
  const { alg, kid, typ } = members
  if (typeof alg !== 'string') malformed('the header has no alg')
  if (kid !== undefined && !isKid(kid)) malformed(KID_RULE)
  if (typ !== undefined && typeof typ !== 'string') malformed('typ is not a string')
  return { alg, kid, typ, members }
}

/** What {@link isKid} rejects. */
export const KID_RULE: string = `kid is not a string of 1 to ${MAX_KID_LENGTH} characters`

/** True for what may name a key. */
export function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH
}

function malformed(detail: string): never {
  throw new TokenError('malformed', detail)
}
