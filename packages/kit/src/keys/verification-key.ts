import { keepAlive } from '#runtime'
import {
  ALGORITHMS,
  type Algorithm,
  importVerifier,
  type InternalAlg,
  type Verify,
} from '../jose/algorithms.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'
import type { SetKey } from './key-set.ts'

/** What a key is once the runtime has it. */
export interface LoadedKey {
  readonly verify: Verify
  /** RFC 7638 thumbprint, where one is needed. `undefined` for secrets: their hash would help to guess them. */
  readonly thumbprint: string | undefined
}

/** A key to verify with. It is imported on first use and keeps what it imported. */
export class VerificationKey implements SetKey {
  /** `undefined` for secrets. */
  readonly kid: string | undefined
  readonly algorithm: Algorithm
  /** The `alg` header values that this key accepts: see {@link acceptedAlgs}. */
  readonly algs: readonly string[]
  /** The `x` of its JWK. Empty for secrets. */
  readonly material: string
  readonly #raw: Uint8Array
  readonly #needsThumbprint: boolean
  #loaded: LoadedKey | undefined
  #loading: Promise<LoadedKey> | undefined

  /** @param needsThumbprint `false` where nobody looks at thumbprints: one is a hash, at the first token of a cold start */
  constructor(
    alg: InternalAlg,
    raw: Uint8Array,
    jwk?: { kid: string; x: string; algs: readonly string[] },
    needsThumbprint = true,
  ) {
    this.algorithm = ALGORITHMS[alg]
    this.kid = jwk?.kid
    this.algs = jwk?.algs ?? this.algorithm.names
    this.material = jwk?.x ?? ''
    this.#raw = raw
    this.#needsThumbprint = needsThumbprint && jwk !== undefined
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
    const verify = await importVerifier(this.algorithm.params, this.#raw)
    const thumbprint = this.#needsThumbprint ? await thumbprintOf(this.material) : undefined
    this.#loaded = { verify, thumbprint }
    return this.#loaded
  }
}
