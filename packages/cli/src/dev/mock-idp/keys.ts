import { generateKeyPair, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** Auth0 has no more than this many keys that were rotated away and not yet revoked; neither have we. */
const MAX_PREVIOUS = 8

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly privateJwk: JsonWebKey
}

/**
 * The tenant's signing keys, as Auth0 keeps them: one signs, the next one is published before it is used,
 * and previous ones stay published until they are revoked.
 */
export class SigningKeys {
  #current: SigningKey
  #next: SigningKey
  #previous: readonly SigningKey[] = []

  private constructor(current: SigningKey, next: SigningKey) {
    this.#current = current
    this.#next = next
  }

  static async create(): Promise<SigningKeys> {
    const [current, next] = await Promise.all([createKey(), createKey()])
    return new SigningKeys(current, next)
  }

  get current(): SigningKey {
    return this.#current
  }

  /** All that the JWKS holds; the signing key first. */
  get published(): readonly SigningKey[] {
    return [this.#current, this.#next, ...this.#previous]
  }

  async rotate(): Promise<void> {
    const next = await createKey()
    this.#previous = [this.#current, ...this.#previous].slice(0, MAX_PREVIOUS)
    this.#current = this.#next
    this.#next = next
  }

  revokePrevious(): void {
    this.#previous = []
  }
}

async function createKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 })
  const kid = randomBytes(16).toString('base64url')
  const privateJwk = { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
  return { kid, privateKey, publicKey, privateJwk }
}
