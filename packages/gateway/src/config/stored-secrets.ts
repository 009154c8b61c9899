import { ConfigError } from '@sealgate/kit'
import { SECRET_NAMES } from './secret-names.ts'

/** How long a read may take, in milliseconds. A request waits for it. */
const READ_TIMEOUT_MS = 2000

/** A binding of Cloudflare's Secrets Store. */
export interface StoredSecret {
  get(): Promise<unknown>
}

/** The gateway's own secrets that are in a Secrets Store, by variable. */
export function storedSecrets(env: object): ReadonlyMap<string, StoredSecret> {
  return new Map(
    SECRET_NAMES.flatMap((name): [string, StoredSecret][] => {
      const value: unknown = Reflect.get(env, name)
      return isStored(value) ? [[name, value]] : []
    }),
  )
}

/**
 * The values of secrets in a Secrets Store, by variable.
 *
 * @throws ConfigError naming the variable, for a secret that cannot be read within two seconds or is no text
 */
export async function readSecrets(
  secrets: ReadonlyMap<string, StoredSecret>,
): Promise<Readonly<Record<string, string>>> {
  const values = await Promise.all(
    [...secrets].map(async ([name, secret]): Promise<[string, string]> => {
      const value = await readOne(secret)
      if (typeof value === 'string') return [name, value]
      throw new ConfigError(`${name} cannot be read from its Secrets Store: does the secret exist there?`)
    }),
  )
  return Object.fromEntries(values)
}

async function readOne(secret: StoredSecret): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const deadline = new Promise((resolve) => {
    timer = setTimeout(() => resolve(undefined), READ_TIMEOUT_MS)
  })
  try {
    return await Promise.race([secret.get(), deadline])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

function isStored(value: unknown): value is StoredSecret {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}
