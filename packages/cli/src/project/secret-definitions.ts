import { SECRET_NAMES, type SecretName } from '@sealgate/gateway/config'
import { neededSecrets, type SecretOrigin } from './needed-secrets.ts'
import type { WorkerConfig } from './worker-config.ts'

/** A secret that a Worker may have. */
export interface SecretDefinition {
  readonly name: string
  /** What it is and how it is made, for prompts. */
  readonly what: string
}

/** What the gateway's own secrets are. One that is new there does not compile here. */
const OWN_SECRETS: Readonly<Record<SecretName, string>> = {
  AUTH0_CLIENT_SECRET: 'the secret of the application AUTH0_CLIENT_ID, for logins',
  SESSION_SECRET: 'encrypts cookies: openssl rand -base64 32',
  AUTH0_SESSION_ENCRYPTION_KEY: 'the old name of SESSION_SECRET',
  EXCHANGE_CLIENTS: 'JSON: client id to SHA-256 of its secret',
  LOG_HASH_KEY: 'keys the hashes that stand for users in logs',
  DATADOG_API_KEY: 'sends logs to Datadog',
  OTEL_EXPORTER_OTLP_HEADERS:
    'headers for the receiver of logs: name=value pairs with commas, percent-encoded',
}

const BY_ORIGIN: Readonly<Record<SecretOrigin, string>> = {
  'signing key':
    'a signing slot: npx kit-keygen --private; the second one may be empty until the first rotation',
  'shared secret': 'HS512: npx kit-keygen secret; the same at the gateway and the service',
  'operator keys': 'public keys of operators, a JSON array of JWKs: sealgate deploy makes one',
  random: 'openssl rand -base64 32',
  given: 'as the service knows it',
}

/**
 * The secrets that a Worker may have: those that its configuration names, and of the gateway its own.
 *
 * @param isGateway what has the configuration is the gateway
 */
export function secretsOf(config: WorkerConfig, isGateway: boolean): readonly SecretDefinition[] {
  const named = neededSecrets(config).flatMap(({ names, origin }) =>
    names.map((name) => [name, describeSecret(name, origin)] as const),
  )
  const own = isGateway
    ? [
        ['OPERATOR_KEYS', BY_ORIGIN['operator keys']] as const,
        ...SECRET_NAMES.map((name) => [name, describeSecret(name)] as const),
      ]
    : []
  return [...new Map([...named, ...own])].map(([name, what]) => ({ name, what }))
}

/** What a secret is, and how its value comes about. */
export function describeSecret(name: string, origin: SecretOrigin = 'given'): string {
  return isOwn(name) ? OWN_SECRETS[name] : BY_ORIGIN[origin]
}

function isOwn(name: string): name is SecretName {
  return SECRET_NAMES.some((own) => own === name)
}
