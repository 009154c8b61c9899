import { ConfigError } from '@sealgate/kit'
import { namesOf, secretBytes } from '@sealgate/kit/gateway'
import type { LoginConfig } from './auth0.ts'

/** A namespace of Durable Objects, as far as sessions need it. */
export interface ObjectNamespace {
  idFromName(name: string): unknown
  get(id: unknown): object
}

/** How sessions are kept, checked. */
export interface SessionConfig {
  /** At least 32 bytes each. The first encryption, all open. */
  readonly secrets: readonly Uint8Array[]
  /** `cookie`, or the namespace of the Durable Objects. */
  readonly store: 'cookie' | ObjectNamespace
}

/** What the environment says about sessions. */
export interface SessionVariables {
  readonly login: LoginConfig | undefined
  readonly secret: string | undefined
  readonly store: 'do' | 'cookie'
  /** The binding `SESSIONS`, whatever it is. */
  readonly namespace: unknown
  readonly clients: readonly string[] | undefined
  readonly baseUrl: string | undefined
  /** Production and staging. */
  readonly isStrict: boolean
}

const MIN_SECRET_BYTES = 32

/**
 * Reads the variables of sessions. `undefined`: there is no login, because Auth0 knows no client of ours, or because
 * there is no `SESSION_SECRET`: the client is for the password realm alone.
 *
 * @throws ConfigError naming the variable and what to do
 */
export function sessionConfig(variables: SessionVariables): SessionConfig | undefined {
  const { login, secret, store, namespace, clients, baseUrl, isStrict } = variables
  if (!login || secret === undefined) return undefined
  const secrets = sessionSecrets(secret)
  if (!login.scope.split(' ').includes('openid')) {
    throw new ConfigError('AUTH0_SCOPE must contain openid: without it a login says nothing about the user')
  }
  if (clients && !clients.includes(login.clientId)) {
    throw new ConfigError('AUTH0_CLIENTS lacks AUTH0_CLIENT_ID: tokens of sessions would be rejected. Add it')
  }
  if (isStrict && baseUrl === undefined) {
    throw new ConfigError(
      'BASE_URL is required for logins: set it to your own origin, https://app.example.com',
    )
  }
  if (store === 'cookie') return { secrets, store }
  if (!isNamespace(namespace)) {
    throw new ConfigError(
      'SESSIONS is no Durable Object binding: add it to "durable_objects" in wrangler.jsonc, or set SESSION_STORE to cookie',
    )
  }
  return { secrets, store: namespace }
}

/** @throws ConfigError saying what is wrong with `SESSION_SECRET` */
export function sessionSecrets(text: string): readonly Uint8Array[] {
  const entries = namesOf(text)
  if (entries.length === 0) throw noSecret('it is empty')
  return entries.map((entry) => {
    const secret = secretBytes(entry, MIN_SECRET_BYTES)
    if (typeof secret === 'string') throw noSecret(secret)
    if (secret.byteLength < MIN_SECRET_BYTES) throw noSecret(`it has ${secret.byteLength}`)
    return secret
  })
}

function noSecret(problem: string): ConfigError {
  return new ConfigError(
    `SESSION_SECRET must be base64url or base64 of at least ${MIN_SECRET_BYTES} random bytes: ${problem}`,
  )
}

function isNamespace(value: unknown): value is ObjectNamespace {
  return (
    typeof value === 'object' &&
    value !== null &&
    'idFromName' in value &&
    typeof value.idFromName === 'function' &&
    'get' in value &&
    typeof value.get === 'function'
  )
}
