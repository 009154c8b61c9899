import { BoundedMap } from '../primitives/bounded-map.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

/** Half of SHA-256: enough to tell users apart. */
const BYTES = 16

/** Hashes of users that are kept: one is made for each line, and the same users come again. */
const MAX_KEPT = 1000

/**
 * Stands for users where their names must not: in logs, and as keys of rate limits; and for times in nonces. A keyed hash, so that a list of
 * known names cannot be tried against it. It changes when its key does, and is the same wherever the key is.
 */
export class Pseudonyms {
  readonly #keyText: () => string
  readonly #kept = new BoundedMap<string, string>(MAX_KEPT)
  #key: Promise<CryptoKey> | undefined

  /** @param keyText called once, at first use */
  constructor(keyText: () => string) {
    this.#keyText = keyText
  }

  /**
   * The keyed hash of a name, 32 hexadecimal digits.
   *
   * @param purpose keeps the hashes of two uses apart
   */
  async of(purpose: 'log' | 'limit' | 'dpop', name: string): Promise<string> {
    const text = `${purpose}:${name}`
    const kept = this.#kept.get(text)
    if (kept !== undefined) return kept
    // Nothing here waits for another request: the key is derived from values that are at hand.
    this.#key ??= deriveKey(this.#keyText())
    const signed = await crypto.subtle.sign('HMAC', await this.#key, encodeUtf8(text))
    const bytes = new Uint8Array(signed, 0, BYTES)
    const hash = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    // What a limit counts may be any text that came in a login: none of it is kept.
    if (purpose === 'log') this.#kept.set(text, hash)
    return hash
  }
}

async function deriveKey(text: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encodeUtf8(text), 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encodeUtf8('sealgate pseudonyms') },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  )
}
