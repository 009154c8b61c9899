import { ConfigError } from '../errors.ts'
import { isObject } from '../primitives/json.ts'

/** Where approvals are used up: each counts once. */
export interface ApprovalStore {
  /**
   * Notes a use, and says whether it was the first.
   *
   * @param name names the approval: 43 characters of base64url
   * @param until seconds since the epoch after which nobody takes it any more: then it may be forgotten
   */
  use(name: string, until: number): Promise<boolean>
}

/** The part of a namespace of `UsedApprovals` that is needed. */
interface UsedNamespace {
  idFromName(name: string): unknown
  get(id: unknown): { use(until: number): Promise<boolean> }
}

/** The part of a KV namespace that is needed. */
interface UsedKv {
  get(key: string): Promise<unknown>
  put(key: string, value: string, options: { expiration: number }): Promise<unknown>
}

/**
 * A store of whatever is bound. A Durable Object is strong: of two requests at once exactly one is the first, wherever they
 * are. KV is weak: for a minute another place may not know of a use.
 *
 * @returns `undefined` for what is none
 */
export function approvalStoreOf(binding: unknown): ApprovalStore | undefined {
  if (!isObject(binding)) return undefined
  // A service binding has a function by every name.
  if (typeof binding.fetch === 'function') return undefined
  if (isNamespace(binding)) {
    return { use: async (name, until) => binding.get(binding.idFromName(name)).use(until) }
  }
  if (isKv(binding)) {
    return {
      async use(name, until) {
        const key = `approval:${name}`
        if ((await binding.get(key)) !== null) return false
        await binding.put(key, '1', { expiration: until })
        return true
      },
    }
  }
  return isStore(binding) ? binding : undefined
}

/** @throws ConfigError naming the fix */
export function requireStore(store: ApprovalStore | undefined): ApprovalStore {
  if (store) return store
  throw new ConfigError(
    'an approval counts once, and nothing is configured that knows which were used: bind the Durable Object UsedApprovals of @sealgate/kit/approvals, and set JWT_APPROVALS_NAME, or the option approvals, to it',
  )
}

type Bound = object & { readonly [Name in string]?: unknown }

function isNamespace(binding: Bound): binding is Bound & UsedNamespace {
  return typeof binding.idFromName === 'function'
}

function isKv(binding: Bound): binding is Bound & UsedKv {
  return typeof binding.get === 'function' && typeof binding.put === 'function'
}

function isStore(binding: Bound): binding is Bound & ApprovalStore {
  return typeof binding.use === 'function'
}
