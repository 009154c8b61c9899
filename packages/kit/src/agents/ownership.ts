import { ConfigError } from '../errors.ts'
import type { OwnerStore } from './durable-object.ts'

const KEY = 'sealgate:owner'

/** Whose Agent it is: the owner that code set, else the one that the name says. Once known, it never changes. */
export class Ownership {
  readonly #store: OwnerStore
  readonly #fromName: () => string | undefined

  constructor(store: OwnerStore, fromName: () => string | undefined) {
    this.#store = store
    this.#fromName = fromName
  }

  get owner(): string | undefined {
    const stored = this.#store.get(KEY)
    if (isName(stored)) return stored
    const named = this.#fromName()
    return isName(named) ? named : undefined
  }

  /** @throws ConfigError for an empty owner, and when somebody else is the owner */
  set(sub: string): void {
    if (!isName(sub)) throw new ConfigError('setOwner takes the sub of the owner, a non-empty string')
    const { owner } = this
    if (owner !== undefined && owner !== sub) throw new ConfigError('setOwner: this Agent has another owner')
    this.#store.put(KEY, sub)
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
