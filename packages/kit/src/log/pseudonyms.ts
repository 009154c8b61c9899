import { encodeUtf8 } from '../primitives/utf8.ts'

/** Half of SHA-256: enough to tell users apart. */
const BYTES = 16

/**
 * Stands for users where their names must not: in logs, and as keys of rate limits. A keyed hash, so that a list of
 * known names cannot be tried against it. It changes when its key does, and is the same wherever the key is.
 */
export class Pseudonyms {
  readonly #keyText: () => string
  #key: Promise<CryptoKey> | undefined

  /** @param keyText called once, at first use */
  constructor(keyText: () => string) {
    this.#keyText = keyText
  }

  /** @param purpose keeps the hashes of two uses apart */
  async of(purpose: 'log' | 'limit', name: string): Promise<string> {
    // Nothing here waits for another request: the key is derived from values that are at hand.
    this.#key ??= deriveKey(this.#keyText())
    const hash = await crypto.subtle.sign('HMAC', await this.#key, encodeUtf8(`${purpose}:${name}`))
    return Array.from(new Uint8Array(hash, 0, BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('')
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
