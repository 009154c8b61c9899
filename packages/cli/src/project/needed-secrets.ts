import { namesOf, parseJson } from '@sealgate/kit/gateway'
import type { WorkerConfig } from './worker-config.ts'

/** How the value of a secret comes about; `given`: a person knows it. */
export type SecretOrigin = 'signing key' | 'shared secret' | 'random' | 'operator keys' | 'given'

/** A secret that a Worker needs, by what its configuration says. */
export interface NeededSecret {
  /** Of these names one is enough; a new value goes to the first. */
  readonly names: readonly [string, ...string[]]
  readonly origin: SecretOrigin
  /** What needs it: a variable, or `secrets.required`. */
  readonly because: string
  /** The audience that it is for, where each has its own. */
  readonly audience?: string
}

const ORIGINS: Readonly<Record<string, SecretOrigin>> = {
  SESSION_SECRET: 'random',
  LOG_HASH_KEY: 'random',
  OPERATOR_KEYS: 'operator keys',
}

/** Its old name is accepted too. */
const SESSION: NeededSecret = {
  names: ['SESSION_SECRET', 'AUTH0_SESSION_ENCRYPTION_KEY'],
  origin: 'random',
  because: 'AUTH0_CLIENT_ID',
}

/** Every secret that a Worker needs. Those in a Secrets Store are bindings, and none of them. */
export function neededSecrets({
  vars,
  secrets,
  secrets_store_secrets: stored,
}: WorkerConfig): readonly NeededSecret[] {
  const found = [
    ...slots(vars.JWT_PRIVATE_JWK_NAME, 'signing key', 'JWT_PRIVATE_JWK_NAME'),
    ...slots(vars.JWT_SECRET_NAME, 'shared secret', 'JWT_SECRET_NAME'),
    ...byAudience(vars.JWT_SECRETS_BY_AUDIENCE),
    ...(isSet(vars.AUTH0_CLIENT_ID) ? [one('AUTH0_CLIENT_SECRET', 'AUTH0_CLIENT_ID')] : []),
    // A client with a connection is for the password realm; without one it is for logins.
    ...(isSet(vars.AUTH0_CLIENT_ID) && !isSet(vars.AUTH0_CONNECTION) ? [SESSION] : []),
  ]
  // Of a list wrangler wants each name that is required; it is made like the others.
  const required = (secrets?.required ?? []).map((name) => ({
    ...(found.find(({ names }) => names.includes(name)) ?? one(name, 'secrets.required')),
    names: [name] as const,
  }))
  const inStore = new Set(stored.map(({ binding }) => binding))
  return [...required, ...found].filter(({ names }) => !names.some((name) => inStore.has(name)))
}

function one(name: string, because: string): NeededSecret {
  return { names: [name], origin: ORIGINS[name] ?? 'given', because }
}

function slots(value: unknown, origin: SecretOrigin, because: string): readonly NeededSecret[] {
  const [first, ...rest] = namesOf(value)
  return first === undefined ? [] : [{ names: [first, ...rest], origin, because }]
}

function byAudience(value: unknown): readonly NeededSecret[] {
  const parsed: unknown = typeof value === 'string' ? parseJson(value) : value
  if (typeof parsed !== 'object' || parsed === null) return []
  return Object.entries(parsed).flatMap(([audience, names]: [string, unknown]) =>
    slots(names, 'shared secret', 'JWT_SECRETS_BY_AUDIENCE').map((secret) => ({ ...secret, audience })),
  )
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== ''
}
