import { ConfigError } from '@sealgate/kit'

/** The gateway's own secrets. Those that sign are the kit's to read. */
const NAMES = [
  'AUTH0_CLIENT_SECRET',
  'SESSION_SECRET',
  'AUTH0_SESSION_ENCRYPTION_KEY',
  'EXCHANGE_CLIENTS',
  'LOG_HASH_KEY',
  'DATADOG_API_KEY',
] as const

/** A binding of Cloudflare's Secrets Store. */
export interface StoredSecret {
  get(): Promise<unknown>
}

/** The gateway's own secrets that are in a Secrets Store, by variable. */
export function storedSecrets(env: object): ReadonlyMap<string, StoredSecret> {
  return new Map(
    NAMES.flatMap((name): [string, StoredSecret][] => {
      const value: unknown = Reflect.get(env, name)
      return isStored(value) ? [[name, value]] : []
    }),
  )
}

/**
 * The values of secrets in a Secrets Store, by variable.
 *
 * @throws ConfigError naming the variable, for a secret that cannot be read or is no text
 */
export async function readSecrets(
  secrets: ReadonlyMap<string, StoredSecret>,
): Promise<Readonly<Record<string, string>>> {
  const values = await Promise.all(
    [...secrets].map(async ([name, secret]): Promise<[string, string]> => {
      const value = await secret.get().catch(() => undefined)
      if (typeof value === 'string') return [name, value]
      throw new ConfigError(`${name} cannot be read from its Secrets Store: does the secret exist there?`)
    }),
  )
  return Object.fromEntries(values)
}

function isStored(value: unknown): value is StoredSecret {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}
