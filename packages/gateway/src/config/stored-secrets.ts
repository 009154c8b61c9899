import { ConfigError, KeysUnavailableError } from '@sealgate/kit'
import { StaleWhileRevalidate, TIMED_OUT, withDeadline } from '@sealgate/kit/gateway'
import { SECRET_NAMES } from './secret-names.ts'
import { signingSecretNames } from './signing-secrets.ts'

/** How long a read may take, in milliseconds. A request waits for it. */
const READ_TIMEOUT_MS = 2000

/** A binding of Cloudflare's Secrets Store. */
export interface StoredSecret {
  get(): Promise<unknown>
}

/** The secrets of this environment that are in a Secrets Store, by variable: the gateway's own and what signs. */
export function storedSecrets(env: object): ReadonlyMap<string, StoredSecret> {
  return new Map(
    [...SECRET_NAMES, ...signingSecretNames(env)].flatMap((name): [string, StoredSecret][] => {
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
async function readSecrets(
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
  const value = await withDeadline(secret.get(), READ_TIMEOUT_MS).catch(() => undefined)
  return value === TIMED_OUT ? undefined : value
}

/** Values are read again after this time, and serve this long past it in an outage. Seconds. */
const TTL_SECONDS = 60
const MAX_STALE_SECONDS = 300

/**
 * What is made of stored secrets, as they are now: read at first use, and again every minute.
 *
 * @param make makes it; called after each reading
 * @param onFailure hears why values could not be read, or do not fit
 * @returns a function that throws ConfigError naming the variable, when there are no values that may serve
 */
export function freshSecrets<T>(
  secrets: ReadonlyMap<string, StoredSecret>,
  make: (values: Readonly<Record<string, string>>) => T | Promise<T>,
  onFailure: (problem: string) => void,
): () => T | Promise<T> {
  const current = new StaleWhileRevalidate<T>({
    load: async () => make(await readSecrets(secrets)),
    ttlSeconds: TTL_SECONDS,
    earlySeconds: TTL_SECONDS / 10,
    maxStaleSeconds: MAX_STALE_SECONDS,
    now: () => Date.now() / 1000,
    onFailure,
  })
  return () => {
    try {
      const found = current.get()
      return found instanceof Promise ? found.catch(asConfigError) : found
    } catch (error) {
      return asConfigError(error)
    }
  }
}

/** A secret that cannot be read, and a configuration that it does not fit, are faults of the configuration. */
function asConfigError(error: unknown): never {
  throw error instanceof KeysUnavailableError && error.cause instanceof ConfigError ? error.cause : error
}

function isStored(value: unknown): value is StoredSecret {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}
