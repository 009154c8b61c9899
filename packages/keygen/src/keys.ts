import { createHash, createPrivateKey, sign } from 'node:crypto'
import { getPublicKeyAsync, Point, utils, verifyAsync } from '@noble/ed25519'
import { InputError } from './errors.ts'

/** The public half of an Ed25519 key (RFC 8037 §2). */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** The public point: 32 bytes, base64url. */
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** The private half: the public members, the seed, and the time in which it may sign. */
export interface PrivateJwk extends PublicJwk {
  /** The seed: 32 bytes, base64url. */
  readonly d: string
  /** Seconds since the epoch from which the key may sign. */
  readonly nbf: number
  /** Seconds since the epoch at which the key is withdrawn. */
  readonly exp?: number
}

export interface KeyPair {
  readonly publicJwk: PublicJwk
  readonly privateJwk: PrivateJwk
}

/** The secret members of every key type (RFC 7518 §6, RFC 8037 §2). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/** A time as late as that was written in milliseconds. */
const YEAR_10000 = 253_402_300_800

export interface KeyPairOptions {
  /** Default: the RFC 7638 thumbprint. */
  readonly kid?: string | undefined
  /** Seconds since the epoch. */
  readonly nbf: number
  /** Seconds since the epoch. */
  readonly exp?: number | undefined
}

/** Makes a key pair and checks it before it returns it away. */
export async function generateKeyPair({ kid, nbf, exp }: KeyPairOptions): Promise<KeyPair> {
  const seed = utils.randomSecretKey()
  const pair = await keyPairOf(seed, { kid, nbf, exp })
  await checkSignature(pair.privateJwk)
  return pair
}

/** The pair that belongs to a seed (RFC 8032 §5.1.5). */
export async function keyPairOf(seed: Uint8Array, { kid, nbf, exp }: KeyPairOptions): Promise<KeyPair> {
  const x = encode(await getPublicKeyAsync(seed))
  const publicJwk: PublicJwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    x,
    kid: kid ?? thumbprintOf(x),
    alg: 'EdDSA',
    use: 'sig',
  }
  const times = exp === undefined ? { nbf } : { nbf, exp }
  return { publicJwk, privateJwk: { ...publicJwk, d: encode(seed), ...times } }
}

/** RFC 7638 thumbprint of an Ed25519 key: SHA-256 over its required members, base64url (RFC 8037 §2). */
export function thumbprintOf(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
}

/**
 * Reads a private JWK, or the whole output of kit-keygen, and checks that its halves belong together and that each
 * member has its one canonical form.
 *
 * @throws InputError saying what is wrong, without quoting it
 */
export async function readKeyPair(text: string): Promise<KeyPair> {
  const value = parseObject(text)
  const isPair = isObject(value.privateJwk)
  const jwk = isPair ? value.privateJwk : value
  if (!isObject(jwk)) throw new InputError('this is no JWK')
  if (jwk.d === undefined) {
    throw new InputError('this has no private half')
  }
  const { x, kid } = readPublic(jwk)
  if (kid === undefined) throw new InputError('it has no kid: a signing slot needs one')
  const seed = decode(jwk.d, 'd')
  const pair = await keyPairOf(seed, {
    kid,
    nbf: readTime(jwk.nbf, 'nbf') ?? 0,
    exp: readTime(jwk.exp, 'exp'),
  })
  if (pair.publicJwk.x !== x) throw new InputError('d and x do not belong together')
  const { nbf, exp } = pair.privateJwk
  if (exp !== undefined && exp <= nbf) throw new InputError('it is withdrawn (exp) before it may sign (nbf)')
  await checkSignature(pair.privateJwk)
  if (isPair && value.publicJwk !== undefined) checkBeside(value.publicJwk, pair.publicJwk)
  return pair
}

function checkBeside(beside: unknown, { x, kid }: PublicJwk): void {
  if (!isObject(beside)) throw new InputError('the publicJwk is no JWK')
  if (SECRET_MEMBERS.some((member) => beside[member] !== undefined)) {
    throw new InputError('the publicJwk holds a private key: publish only the public half')
  }
  const other = readPublic(beside)
  if (other.x !== x || other.kid !== kid) {
    throw new InputError('the publicJwk beside the privateJwk is another key')
  }
}

/**
 * The `x` of each key in a JWK, a JWK Set, or the output of kit-keygen. Where a private half is there, it is checked
 * that it belongs to it.
 *
 * @throws InputError saying what is wrong, without quoting it
 */
export async function readPublicKeys(text: string): Promise<readonly string[]> {
  const value = parseObject(text)
  if (isObject(value.privateJwk)) return [(await readKeyPair(text)).publicJwk.x]
  const jwks: readonly unknown[] = Array.isArray(value.keys) ? value.keys : [value.publicJwk ?? value]
  if (jwks.length === 0) throw new InputError('this JWK Set has no keys')
  return Promise.all(jwks.map(readThumbprintable))
}

async function readThumbprintable(jwk: unknown): Promise<string> {
  if (!isObject(jwk)) throw new InputError('this is no JWK')
  const { x } = readPublic(jwk)
  if (jwk.d !== undefined && encode(await getPublicKeyAsync(decode(jwk.d, 'd'))) !== x) {
    throw new InputError('d and x do not belong together')
  }
  return x
}

interface PublicMembers {
  readonly kid: string | undefined
  readonly x: string
}

function readPublic(jwk: Readonly<Record<string, unknown>>): PublicMembers {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') {
    throw new InputError('this is not an Ed25519 key: kty must be OKP and crv Ed25519')
  }
  if (jwk.alg !== undefined && jwk.alg !== 'EdDSA' && jwk.alg !== 'Ed25519') {
    throw new InputError('alg must be EdDSA')
  }
  if (jwk.use !== undefined && jwk.use !== 'sig') throw new InputError('use must be sig')
  const point = decode(jwk.x, 'x')
  if (!isSound(point)) throw new InputError('x is not a point of the curve that may stand for a key')
  const x = encode(point)
  const { kid } = jwk
  if (kid !== undefined && !isKid(kid))
    throw new InputError('kid must be 1 to 256 printable ASCII characters')
  return { kid, x }
}

/** A kid goes into headers, terminals and logs: 1 to 256 printable ASCII characters, space included. */
export function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && /^[\x20-\x7e]{1,256}$/.test(kid)
}

/** On the curve, canonical, and not of small order: under such a "key" forged signatures verify. */
function isSound(bytes: Uint8Array): boolean {
  try {
    return !Point.fromBytes(bytes).isSmallOrder()
  } catch {
    return false
  }
}

/** What Node's crypto signs with the JWK must verify in @noble/ed25519: two implementations must agree on the key. */
async function checkSignature({ kty, crv, x, d }: PrivateJwk): Promise<void> {
  const message = new TextEncoder().encode('kit-keygen')
  const key = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' })
  const signature = new Uint8Array(sign(null, message, key))
  if (!(await verifyAsync(signature, message, decode(x, 'x'), { zip215: false }))) {
    throw new InputError('the halves do not belong together: what one signs, the other rejects')
  }
}

function readTime(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= 0 && value < YEAR_10000)) {
    throw new InputError(`${name} must be a number of seconds (not milliseconds) since the epoch`)
  }
  return value
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InputError('this is not JSON')
  }
  if (!isObject(value)) throw new InputError('this is not a JSON object')
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** @throws InputError unless it is 32 bytes in canonical base64url */
function decode(value: unknown, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined
  if (bytes?.length !== 32 || bytes.toString('base64url') !== value) {
    throw new InputError(`${name} must be 32 bytes in canonical base64url (43 characters)`)
  }
  return new Uint8Array(bytes)
}
