import { keepAlive } from '#runtime'
import { ALGORITHMS, type Algorithm, type InternalAlg } from '../jose/algorithms.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'

/** What a key is once the runtime has it. */
export interface LoadedKey {
  readonly cryptoKey: CryptoKey
  /** RFC 7638 thumbprint. `undefined` for secrets: their hash would help to guess them. */
  readonly thumbprint: string | undefined
}

/** A key to verify with. It is imported on first use and keeps what it imported. */
export class VerificationKey {
  /** `undefined` for secrets. */
  readonly kid: string | undefined
  readonly algorithm: Algorithm
  /** The `alg` header values that this key accepts: its JWK's own `alg`, or every name of its algorithm. */
  readonly algs: readonly string[]
  readonly family: string
  /** Equal for keys that are the same in every way that matters. Empty for secrets. */
  readonly fingerprint: string
  readonly #raw: Uint8Array
  readonly #x: string | undefined
  #loaded: LoadedKey | undefined
  #loading: Promise<LoadedKey> | undefined

  constructor(alg: InternalAlg, raw: Uint8Array, jwk?: { kid: string; x: string; algs: readonly string[] }) {
    this.algorithm = ALGORITHMS[alg]
    this.kid = jwk?.kid
    this.family = alg
    this.algs = jwk?.algs ?? this.algorithm.names
    this.fingerprint = jwk ? JSON.stringify([jwk.kid, jwk.x, jwk.algs]) : ''
    this.#raw = raw
    this.#x = jwk?.x
  }

  /** The imported key: synchronous once it is there. */
  load(): LoadedKey | Promise<LoadedKey> {
    if (this.#loaded) return this.#loaded
    if (this.#loading) return this.#loading
    const loading = this.#import()
    // A pending promise may be shared only where it outlives the request that started it.
    if (keepAlive) {
      const end = (): void => {
        this.#loading = undefined
      }
      this.#loading = loading
      keepAlive(loading.then(end, end))
    }
    return loading
  }

  async #import(): Promise<LoadedKey> {
    const cryptoKey = await this.algorithm.importVerifier(this.#raw)
    const thumbprint = this.#x === undefined ? undefined : await thumbprintOf(this.#x)
    this.#loaded = { cryptoKey, thumbprint }
    return this.#loaded
  }
}
