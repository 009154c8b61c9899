/** The values of all KV namespaces, each with its end. One store for all Workers, in Node's memory. */
export class KvStore {
  readonly #namespaces = new Map<string, Map<string, Entry>>()

  /** The keys that are set, and their values. */
  entries(namespace: string): ReadonlyMap<string, string> {
    const now = Date.now()
    const alive = [...this.#of(namespace)].filter(([, { endsAt }]) => endsAt > now)
    return new Map(alive.map(([key, { value }]) => [key, value]))
  }

  /** Seconds from now until an entry ends; `Infinity`: never, `0`: it is not there. */
  secondsLeft(namespace: string, key: string): number {
    return Math.max(0, ((this.#of(namespace).get(key)?.endsAt ?? 0) - Date.now()) / 1000)
  }

  /** Does what `Kv` of the bindings' Worker asks for. */
  answer(operation: KvOperation): unknown {
    const own = this.#of(operation.namespace)
    if ('get' in operation) {
      const entries = this.entries(operation.namespace)
      return operation.get.map((key) => entries.get(key) ?? null)
    }
    if ('put' in operation) {
      const { put: key, value, ttl } = operation
      own.set(key, { value, endsAt: ttl === undefined ? Infinity : Date.now() + ttl * 1000 })
    } else own.delete(operation.delete)
    return null
  }

  #of(namespace: string): Map<string, Entry> {
    const found = this.#namespaces.get(namespace) ?? new Map<string, Entry>()
    this.#namespaces.set(namespace, found)
    return found
  }
}

export type KvOperation = { readonly namespace: string } & (
  | { readonly get: readonly string[] }
  | { readonly put: string; readonly value: string; readonly ttl?: number }
  | { readonly delete: string }
)

interface Entry {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}
