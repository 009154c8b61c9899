import type { SecretName } from '@sealgate/gateway/config'
import type { Project, WorkerFolder } from './find-project.ts'

/** A secret that a Worker may have. */
export interface SecretDefinition {
  readonly name: string
  /** What it is and how it is made, for prompts. */
  readonly what: string
}

/** What the gateway's own secrets are. One that is new there does not compile here. */
const OWN_SECRETS: Readonly<Record<Exclude<SecretName, 'AUTH0_SESSION_ENCRYPTION_KEY'>, string>> = {
  AUTH0_CLIENT_SECRET: 'the secret of the application AUTH0_CLIENT_ID, for logins',
  SESSION_SECRET: 'encrypts cookies: openssl rand -base64 32',
  EXCHANGE_CLIENTS: 'JSON: client id to SHA-256 of its secret',
  LOG_HASH_KEY: 'keys the hashes that stand for users in logs',
  DATADOG_API_KEY: 'ships logs to Datadog',
}

/** Those of the gateway. */
export const GATEWAY_SECRETS: readonly SecretDefinition[] = [
  { name: 'GATEWAY_PRIVATE_A', what: 'signing slot A: npx kit-keygen --private' },
  { name: 'GATEWAY_PRIVATE_B', what: 'signing slot B; may be empty until the first rotation' },
  { name: 'JWT_SECRET_NEW', what: 'HS512 only: npx kit-keygen secret' },
  { name: 'JWT_SECRET_OLD', what: 'HS512 only: the one before' },
  ...Object.entries(OWN_SECRETS).map(([name, what]) => ({ name, what })),
]

/** Those of a service. */
export const SERVICE_SECRETS: readonly SecretDefinition[] = [
  { name: 'JWT_SECRET_NEW', what: 'HS512 only: the same as the gateway’s for this audience' },
  { name: 'JWT_SECRET_OLD', what: 'HS512 only: the one before' },
]

/** The secrets that a Worker of a project may have. */
export function secretsOf(worker: WorkerFolder, { gateway }: Project): readonly SecretDefinition[] {
  return worker.dir === gateway.dir ? GATEWAY_SECRETS : SERVICE_SECRETS
}
