import { EncryptJWT, errors, jwtDecrypt } from 'jose'
import { encodeUtf8 } from '../observability/utf8.ts'

/** What an encrypted text is for. Each purpose has a key of its own, so that one never passes for another. */
export type Purpose = 'login' | 'login-state' | 'session-id' | 'session' | 'mcp-session'

/** A cookie that a browser keeps is never longer. Characters. */
const MAX_LENGTH = 4096

/**
 * Encrypts what browsers and other clients keep for us: JWE, `dir` with `A256GCM` (RFC 7516, RFC 7518 §5.3). Keys come from the session
 * secrets by HKDF (RFC 5869), with the purpose in the info string; the purpose is also in the protected header.
 */
export class CookieEncryption {
  readonly #secrets: readonly Uint8Array[]
  /** Keys that were derived. Values only: a promise of one request must not be awaited in another. */
  readonly #keys = new Map<string, CryptoKey>()

  /** @param secrets the first encrypts, all decrypt */
  constructor(secrets: readonly Uint8Array[]) {
    this.#secrets = secrets
  }

  /** @param expiresAt seconds since the epoch, after which it is no longer decrypted */
  async encrypt(
    purpose: Purpose,
    content: Readonly<Record<string, unknown>>,
    expiresAt: number,
  ): Promise<string> {
    return new EncryptJWT({ ...content })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: typeOf(purpose) })
      .setExpirationTime(Math.floor(expiresAt))
      .encrypt(await this.#key(purpose, 0))
  }

  /**
   * The content of a text that was encrypted for this purpose and has not expired; else `undefined`.
   *
   * @param now seconds since the epoch
   */
  async decrypt(
    purpose: Purpose,
    encrypted: string,
    now: number,
  ): Promise<Record<string, unknown> | undefined> {
    if (encrypted.length > MAX_LENGTH) return undefined
    for (const index of this.#secrets.keys()) {
      try {
        const { payload } = await jwtDecrypt(encrypted, await this.#key(purpose, index), {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          typ: typeOf(purpose),
          requiredClaims: ['exp'],
          currentDate: new Date(now * 1000),
        })
        return payload
      } catch (error) {
        // Another secret may decrypt it; what is malformed or expired, none does.
        if (!(error instanceof errors.JWEDecryptionFailed)) return undefined
      }
    }
    return undefined
  }

  async #key(purpose: Purpose, index: number): Promise<CryptoKey> {
    const name = `${index}:${purpose}`
    const known = this.#keys.get(name)
    if (known) return known
    const secret = new Uint8Array(this.#secrets[index] ?? [])
    if (secret.byteLength === 0) throw new Error('no session secret')
    const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
    const key = await crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encodeUtf8(`sealgate seal ${purpose}`) },
      material,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    )
    this.#keys.set(name, key)
    return key
  }
}

function typeOf(purpose: Purpose): string {
  return `sealgate-${purpose}`
}
