import { isObject, isPlainObject } from '../primitives/json.ts'
import { encodeUtf8, encodeUtf8Into } from '../primitives/utf8.ts'
import type { Actor, Kind } from '../claims/types.ts'
import { checkClaims } from '../claims/checks.ts'
import { MAX_TOKEN_BYTES, REQUEST_TTL_SECONDS } from '../constants.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { ClaimsError, TokenError } from '../errors.ts'
import type { SigningKey } from '../keys/private-jwk.ts'

/** The claims that a caller gives to `sign`: the subject, and whatever is the caller's own. */
export interface SignClaims {
  /** The subject: a non-empty string. */
  readonly sub: string
  /** Unique id of the token. Default: random. */
  readonly jti?: string
  /** Seconds since the epoch before which the token is not valid. */
  readonly nbf?: number
  /** What the subject may do at the audience. */
  readonly permissions?: readonly string[]
  /** What the subject is at the audience. */
  readonly roles?: readonly string[]
  readonly [name: string]: unknown
}

/** How one token is signed. */
export interface SignOptions {
  /** Audience: one string. Default: the kit's, when it has only one. */
  readonly aud?: string
  /** Issuer. Default: the kit's. */
  readonly iss?: string
  /** Lifetime in seconds, at most the kit's `maxTtlSeconds`. Default: the kit's `ttlSeconds`; 60 with `request`. */
  readonly ttlSeconds?: number
  /** The `typ` header. Default: the kit's; `req+jwt` with `request`. */
  readonly typ?: string
  /** Binds the token to this request: method, path, query and body. */
  readonly request?: Request
}

/** Claims that only the kit, and the gateway through it, may set. */
export interface KitClaims {
  readonly kind?: Kind
  readonly act?: Actor
  readonly auth_iat?: number
  readonly req?: string
  readonly offline?: boolean
  /** Expiry in seconds since the epoch, in place of `ttlSeconds`. */
  readonly exp?: number
}

/** The parts of a kit's settings that signing needs. */
export interface SignSettings {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly typ: string
}

const BY_OPTION = ['iss', 'aud', 'iat', 'exp'] as const
const BY_KIT = ['act', 'kind', 'req', 'auth_iat', 'offline'] as const

/** @throws ClaimsError for claims that come by options only, or by the kit only */
export function rejectKitClaims(claims: unknown): void {
  if (!isObject(claims)) throw new ClaimsError('claims must be an object with a sub')
  for (const name of BY_OPTION) {
    if (Object.hasOwn(claims, name))
      throw new ClaimsError(`${name} is not a claim to pass: use the options of sign`)
  }
  for (const name of BY_KIT) {
    if (Object.hasOwn(claims, name)) throw new ClaimsError(`${name} is set by the kit alone`)
  }
}

/**
 * Puts together the claims of a new token and rejects whatever a verifier would reject.
 *
 * @param now seconds since the epoch
 * @throws ClaimsError
 */
export function buildClaims(
  claims: SignClaims,
  kitClaims: KitClaims,
  options: SignOptions,
  settings: SignSettings,
  now: number,
): Readonly<Record<string, unknown>> {
  const [onlyAudience, ...others] = settings.audiences
  const aud = options.aud ?? (others.length === 0 ? onlyAudience : undefined)
  if (aud === undefined)
    throw new ClaimsError('several audiences are configured: name one with the option aud')
  if (typeof aud !== 'string') throw new ClaimsError('aud must be one string')
  const iss = options.iss ?? settings.issuer
  const iat = Math.floor(now)
  const { exp: fixedExp, ...own } = kitClaims
  const ttl =
    options.ttlSeconds ??
    (options.request ? REQUEST_TTL_SECONDS : Math.min(settings.ttlSeconds, settings.maxTtlSeconds))
  const exp = fixedExp ?? iat + ttl
  const payload = { ...claims, ...own, iss, aud, iat, exp, jti: claims.jti ?? crypto.randomUUID() }
  const nonJson = findNonJson(payload)
  if (nonJson !== undefined) throw new ClaimsError(`claims${nonJson}`)
  const { maxTtlSeconds } = settings
  try {
    checkClaims(payload, { issuer: iss, audiences: [aud], leewaySeconds: 0, maxTtlSeconds }, now)
  } catch (error) {
    // A token that starts later is fine to sign; it is only early to verify.
    if (!(error instanceof TokenError)) throw error
    if (error.reason !== 'not_yet_valid')
      throw new ClaimsError(`a verifier would reject this token: ${error.detail}`)
  }
  if (typeof claims.nbf === 'number' && claims.nbf >= exp) throw new ClaimsError('nbf is not before exp')
  return payload
}

/** Bytes on their way to be signed; who signs does not need them after it has returned. A UTF-16 unit accepts three at most. */
const scratch = new Uint8Array(3 * MAX_TOKEN_BYTES)

/** The last header that each key signed with, encoded: it changes with the option `typ` only. */
const encodedHeaders = new WeakMap<SigningKey, { readonly typ: string; readonly encoded: string }>()

/** Signs a text as a compact JWS (RFC 7515 §3.1). */
export async function signText(
  text: string,
  signer: SigningKey | Promise<SigningKey>,
  typ: string,
): Promise<string> {
  const key = signer instanceof Promise ? await signer : signer
  const signingInput = `${encodedHeader(key, typ)}.${encodeBase64Url(toBytes(text))}`
  const loaded = key.load()
  const sign = loaded instanceof Promise ? await loaded : loaded
  const token = `${signingInput}.${encodeBase64Url(new Uint8Array(await sign(toBytes(signingInput))))}`
  if (token.length > MAX_TOKEN_BYTES) throw tooLarge()
  return token
}

/** Good until the next call. */
function toBytes(text: string): Uint8Array {
  if (text.length > MAX_TOKEN_BYTES) throw tooLarge()
  return scratch.subarray(0, encodeUtf8Into(text, scratch))
}

function tooLarge(): ClaimsError {
  return new ClaimsError(`the token would be larger than ${MAX_TOKEN_BYTES} bytes`)
}

function encodedHeader(key: SigningKey, typ: string): string {
  const last = encodedHeaders.get(key)
  if (last?.typ === typ) return last.encoded
  const { algorithm, kid } = key
  const header = { alg: algorithm.alg, typ, ...(kid !== undefined && { kid }) }
  const encoded = encodeBase64Url(encodeUtf8(JSON.stringify(header)))
  encodedHeaders.set(key, { typ, encoded })
  return encoded
}

/**
 * Finds what JSON would drop or change silently, so that the caller hears of it: where it stands and what is
 * wrong, or `undefined`. Members that are `undefined` are left out. Words are made only when something is wrong.
 */
export function findNonJson(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return undefined
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      const found = entry === undefined ? ' is undefined' : findNonJson(entry)
      if (found !== undefined) return `[${index}]${found}`
    }
    return undefined
  }
  if (!isPlainObject(value)) {
    return ' is not JSON: only plain objects, arrays, strings, finite numbers, booleans and null'
  }
  for (const name of Object.keys(value)) {
    const member = value[name]
    const found = member === undefined ? undefined : findNonJson(member)
    if (found !== undefined) return `.${name}${found}`
  }
  return undefined
}
