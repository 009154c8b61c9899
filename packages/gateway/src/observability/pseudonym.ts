import { type Logger, namesOf, Pseudonyms } from '@sealgate/kit/gateway'

/** Where the key comes from, in this order: a variable of its own, the session secret, the key that signs. */
const OWN_KEYS = ['LOG_HASH_KEY', 'SESSION_SECRET', 'AUTH0_SESSION_ENCRYPTION_KEY'] as const
const SIGNING_KEY_NAMES = ['JWT_PRIVATE_JWK_NAME', 'JWT_SECRET_NAME'] as const
const SIGNING_KEYS = ['JWT_PRIVATE_JWK', 'JWT_SECRET'] as const

/**
 * What stands for users in this environment. With a secret for each audience alone there is no key: hashes then hold for the
 * lifetime of an isolate only, and a limit for a user counts in each isolate anew.
 */
export function pseudonymsOf(env: object, logger: Logger): Pseudonyms {
  const text = (name: string): readonly string[] => {
    const value: unknown = Reflect.get(env, name)
    return typeof value === 'string' && value !== '' ? [value] : []
  }
  return new Pseudonyms(() => {
    const named = SIGNING_KEY_NAMES.flatMap((name) => namesOf(Reflect.get(env, name)))
    const [first] = [...OWN_KEYS, ...named, ...SIGNING_KEYS].flatMap(text)
    if (first === undefined) logger.event({ event: 'log_hash_key_missing', level: 'warn' })
    return first ?? crypto.randomUUID()
  })
}
