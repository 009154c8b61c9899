import { ConfigError } from '../../errors.ts'
import { isReadable } from '../../keys/lazy-binding.ts'
import { isLoopback } from '../../primitives/loopback.ts'

/** A secret: as it stands, or as a binding of the Secrets Store. */
export type SecretValue =
  | string
  | {
      /** Reads the secret. */
      get(): Promise<unknown>
    }

/** The variable of an environment; an empty one is unset. */
export function variableOf(env: object, name: string): unknown {
  const value: unknown = Reflect.get(env, name)
  return value === '' || value === null ? undefined : value
}

/** @throws ConfigError naming the setting; it never quotes the value */
export function textSetting(value: unknown, label: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new ConfigError(`${label} must be text`)
}

/** @throws ConfigError naming the setting */
export function secretSetting(value: unknown, label: string): SecretValue | undefined {
  if (value === undefined || typeof value === 'string' || isReadable(value)) return value
  throw new ConfigError(`${label} must be text, or a Secrets Store binding`)
}

/**
 * The secret as it is now.
 *
 * @throws ConfigError when the binding gives none
 */
export async function readSecret(secret: SecretValue, label: string): Promise<string> {
  const value = typeof secret === 'string' ? secret : await secret.get()
  if (typeof value === 'string') return value
  throw new ConfigError(`${label} gave no text when read`)
}

/**
 * The address of a receiver: https, or http on loopback.
 *
 * @throws ConfigError naming the setting; it never quotes the value, which may hold a password
 */
export function endpointSetting(text: string, label: string): URL {
  const url = URL.parse(text)
  if (!url) throw new ConfigError(`${label} must be a URL such as https://otlp.example.com`)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new ConfigError(`${label} must begin with https://, or with http:// on loopback`)
  if (url.username !== '' || url.password !== '')
    throw new ConfigError(`${label} must have no user name and password: send them as headers`)
  return url
}
