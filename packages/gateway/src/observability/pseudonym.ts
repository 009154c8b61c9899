import { BoundedMap, namesOf } from '@sealgate/kit/gateway'
import { logEvent, type Ship } from './log.ts'
import { encodeUtf8 } from './utf8.ts'

/** Where the key comes from, in this order: a variable of its own, the session secret, the key that signs. */
const OWN_KEYS = ['LOG_HASH_KEY', 'SESSION_SECRET', 'AUTH0_SESSION_ENCRYPTION_KEY'] as const
const SIGNING_KEY_NAMES = ['JWT_PRIVATE_JWK_NAME', 'JWT_SECRET_NAME'] as const
const SIGNING_KEYS = ['JWT_PRIVATE_JWK', 'JWT_SECRET'] as const

/** Half of SHA-256: enough to tell users apart. */
const BYTES = 16

/** Hashes of users that are kept: one is made for each request, and the same users come again. */
const MAX_KEPT = 1000

/**
 * Stands for users where their names must not: in logs, and as keys of rate limits. A keyed hash, so that a list of
 * known names cannot be tried against it. It changes when its key does.
 */
export class Pseudonyms {
  readonly #env: object
  readonly #ship: Ship
  readonly #kept = new BoundedMap<string, string>(MAX_KEPT)
  #key: Promise<CryptoKey> | undefined

  constructor(env: object, ship?: Ship) {
    this.#env = env
    this.#ship = ship
  }

  /** @param purpose keeps the hashes of two uses apart */
  async of(purpose: 'log' | 'limit', name: string): Promise<string> {
    const text = `${purpose}:${name}`
    const kept = this.#kept.get(text)
    if (kept !== undefined) return kept
    // Nothing here waits for another request: the key is derived from values that are at hand.
    this.#key ??= deriveKey(this.#env, this.#ship)
    const signed = await crypto.subtle.sign('HMAC', await this.#key, encodeUtf8(text))
    const bytes = new Uint8Array(signed, 0, BYTES)
    const hash = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    // What a limit counts may be any text that came in a login: none of it is kept.
    if (purpose === 'log') this.#kept.set(text, hash)
    return hash
  }
}

async function deriveKey(env: object, ship: Ship): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encodeUtf8(keyText(env, ship)), 'HKDF', false, [
    'deriveKey',
  ])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encodeUtf8('sealgate pseudonyms') },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
}

/**
 * A secret of this environment. With a secret for each audience alone there is none: hashes then hold for the lifetime of
 * an isolate only, and a limit for a user counts in each isolate anew.
 */
function keyText(env: object, ship: Ship): string {
  const text = (name: string): readonly string[] => {
    const value: unknown = Reflect.get(env, name)
    return typeof value === 'string' && value !== '' ? [value] : []
  }
  const named = SIGNING_KEY_NAMES.flatMap((name) => namesOf(Reflect.get(env, name)))
  const [first] = [...OWN_KEYS, ...named, ...SIGNING_KEYS].flatMap(text)
  if (first !== undefined) return first
  logEvent('warn', 'log_hash_key_missing', ship)
  return crypto.randomUUID()
}
