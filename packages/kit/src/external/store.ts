import { isObject } from '../primitives/json.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { keepAlive } from '#runtime'
import { KV_MIN_TTL_SECONDS } from '../constants.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import type { JwksLoader } from '../keys/fetch-jwks.ts'
import type { Fetched } from '../primitives/stale-while-revalidate.ts'

/** The part of a KV namespace that keeps a JWK Set for when the issuer cannot be reached. */
export interface JwksStore {
  /** Reads one entry, `null` when it is not there. */
  get(key: string, options: { type: 'json' }): Promise<unknown>
  /** Writes one entry that ends after `expirationTtl` seconds. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

type JwkSet = Readonly<Record<string, unknown>>

/**
 * A JWK Set in KV (docs/reference/runtime.md): written after each fetch, read only after a failed one. Its age counts from when
 * it was fetched, whoever did that.
 */
export class StoredJwks {
  readonly #store: JwksStore
  readonly #issuer: string
  readonly #uri: string
  readonly #lifeSeconds: number
  readonly #now: () => number

  constructor(store: JwksStore, issuer: string, uri: string, lifeSeconds: number, now: () => number) {
    this.#store = store
    this.#issuer = issuer
    this.#uri = uri
    this.#lifeSeconds = lifeSeconds
    this.#now = now
  }

  /** The loader, and after it a write that nobody waits for where the runtime can keep it alive. */
  keeping(load: JwksLoader): JwksLoader {
    return async (force, signal) => {
      const at = this.#now()
      const set = await load(force, signal)
      // A write that fails costs nothing now; the next fetch writes again.
      const writing = this.#write(set, at).catch(() => undefined)
      if (keepAlive) keepAlive(writing)
      else await writing
      return set
    }
  }

  async #write({ keys }: JwkSet, fetchedAt: number): Promise<void> {
    const entry = JSON.stringify({ fetchedAt, issuer: this.#issuer, keys })
    const expirationTtl = Math.max(KV_MIN_TTL_SECONDS, Math.ceil(this.#lifeSeconds))
    await this.#store.put(await this.#key(), entry, { expirationTtl })
  }

  async read(): Promise<Fetched<JwkSet> | undefined> {
    const entry = await this.#store.get(await this.#key(), { type: 'json' })
    if (!isObject(entry) || entry.issuer !== this.#issuer) return undefined
    const { fetchedAt, keys } = entry
    // A time in the future would never grow old.
    if (typeof fetchedAt !== 'number' || !(fetchedAt <= this.#now())) return undefined
    return { value: { keys }, at: fetchedAt }
  }

  async #key(): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', encodeUtf8(this.#uri))
    return `jwks:${encodeBase64Url(new Uint8Array(hash))}`
  }
}
