import { namesOf, parseJson } from '@sealgate/kit/gateway'
import type { WorkerConfig } from '../project/worker-config.ts'
import type { LocalSecrets } from './local-secrets.ts'

/** A secret that a Worker needs, by what its variables say. */
export interface ExpectedSecret {
  readonly name: string
  /** The variable that asks for it. */
  readonly because: string
  /** Of several signing slots, or secrets of a list, one is enough. */
  readonly isSpare: boolean
  /** How its value is made; `undefined`: it comes from elsewhere. */
  readonly make: string | undefined
}

const MAKE_KEY = 'npx kit-keygen --private'
const MAKE_SECRET = 'npx kit-keygen secret'
const MADE: Readonly<Record<string, string>> = {
  SESSION_SECRET: 'openssl rand -base64 32',
  LOG_HASH_KEY: 'openssl rand -base64 32',
}

/**
 * Every secret that a Worker needs, each once. Those in a Secrets Store are bindings, and none of them.
 *
 * @param secrets may hold variables that ask for others
 */
export function expectedSecrets(config: WorkerConfig, secrets?: LocalSecrets): readonly ExpectedSecret[] {
  const vars = { ...config.vars, ...(secrets && Object.fromEntries(secrets.values)) }
  const named = (variable: string, make: string | undefined): readonly ExpectedSecret[] =>
    namesOf(vars[variable]).map((name, index) => ({ name, because: variable, isSpare: index > 0, make }))
  const found = [
    ...named('JWT_PRIVATE_JWK_NAME', MAKE_KEY),
    ...named('JWT_SECRET_NAME', MAKE_SECRET),
    ...named('JWT_PUBLIC_JWK_NAME', undefined),
    ...secretsByAudience(vars.JWT_SECRETS_BY_AUDIENCE),
    ...(isSet(vars.AUTH0_CLIENT_ID) ? [one('AUTH0_CLIENT_SECRET', 'AUTH0_CLIENT_ID')] : []),
    // A client that is not for the password realm alone is there for logins.
    ...(isSet(vars.AUTH0_CLIENT_ID) && !isSet(vars.AUTH0_CONNECTION)
      ? [one('SESSION_SECRET', 'AUTH0_CLIENT_ID')]
      : []),
    ...(config.secrets?.required ?? []).map((name) => one(name, 'secrets.required')),
  ]
  const stored = new Set(config.secrets_store_secrets.map(({ binding }) => binding))
  const byName = new Map(found.toReversed().map((secret) => [secret.name, secret]))
  return [...byName.values()].toReversed().filter(({ name }) => !stored.has(name))
}

function one(name: string, because: string): ExpectedSecret {
  return { name, because, isSpare: false, make: MADE[name] }
}

function secretsByAudience(value: unknown): readonly ExpectedSecret[] {
  const parsed: unknown = typeof value === 'string' ? parseJson(value) : value
  if (typeof parsed !== 'object' || parsed === null) return []
  return Object.values(parsed).flatMap((names) =>
    namesOf(names).map((name, index) => ({
      name,
      because: 'JWT_SECRETS_BY_AUDIENCE',
      isSpare: index > 0,
      make: MAKE_SECRET,
    })),
  )
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== ''
}
