import { isObject } from '../primitives/json.ts'

/** Knows which messages came before. */
export interface OnceStore {
  /**
   * Notes a message, and says whether it counts: it does the first time, and again for the same holder.
   *
   * @param name names the message: 43 characters of base64url
   * @param until seconds since the epoch after which nobody takes the message any more: then it may be forgotten
   * @param holder in what it came: a queue delivers one message more than once
   */
  use(name: string, until: number, holder: string): Promise<boolean>
}

interface OnceKv {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expiration: number }): Promise<unknown>
}

interface OnceNamespace {
  idFromName(name: string): unknown
  get(id: unknown): { use(until: number, holder: string): Promise<boolean> }
}

/**
 * A store of whatever is bound. A Durable Object is strong: of two copies at once one counts, wherever they come. KV is weak:
 * for a minute another place may not know of the first.
 *
 * @returns `undefined` for what is none
 */
export function onceStoreOf(binding: unknown): OnceStore | undefined {
  // A service binding has a function by every name.
  if (!isObject(binding) || typeof binding.fetch === 'function') return undefined
  if (typeof binding.use === 'function') return binding as unknown as OnceStore
  if (typeof binding.idFromName === 'function') {
    const namespace = binding as unknown as OnceNamespace
    return {
      use: async (name, until, holder) => namespace.get(namespace.idFromName(name)).use(until, holder),
    }
  }
  if (typeof binding.get !== 'function' || typeof binding.put !== 'function') return undefined
  const kv = binding as unknown as OnceKv
  return {
    async use(name, until, holder) {
      const key = `message:${name}`
      const known = await kv.get(key)
      if (known !== null) return known === holder
      await kv.put(key, holder, { expiration: until })
      return true
    },
  }
}
