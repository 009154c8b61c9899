import { join } from 'node:path'
import type { SecretName } from '@sealgate/gateway/config'
import { UsageError } from '../errors.ts'

const ROOT = join(import.meta.dirname, '../../../..')

/** A secret that a Worker may have. */
export interface SecretDefinition {
  readonly name: string
  /** What it is and how it is made, for prompts. */
  readonly what: string
}

/** A Worker of this repository. */
export interface WorkerDefinition {
  readonly name: 'gateway' | 'consumer'
  readonly config: string
  readonly secrets: readonly SecretDefinition[]
}

/** What the gateway's own secrets are. One that is new there does not compile here. */
const OWN_SECRETS: Readonly<Record<Exclude<SecretName, 'AUTH0_SESSION_ENCRYPTION_KEY'>, string>> = {
  AUTH0_CLIENT_SECRET: 'the secret of the application AUTH0_CLIENT_ID, for logins',
  SESSION_SECRET: 'encrypts cookies: openssl rand -base64 32',
  EXCHANGE_CLIENTS: 'JSON: client id to SHA-256 of its secret',
  LOG_HASH_KEY: 'keys the hashes that stand for users in logs',
  DATADOG_API_KEY: 'ships logs to Datadog',
}

export const GATEWAY: WorkerDefinition = {
  name: 'gateway',
  config: join(ROOT, 'workers/gateway/wrangler.jsonc'),
  secrets: [
    { name: 'GATEWAY_PRIVATE_A', what: 'signing slot A: npx kit-keygen --private' },
    { name: 'GATEWAY_PRIVATE_B', what: 'signing slot B; may be empty until the first rotation' },
    { name: 'JWT_SECRET_NEW', what: 'HS512 only: npx kit-keygen secret' },
    { name: 'JWT_SECRET_OLD', what: 'HS512 only: the one before' },
    ...Object.entries(OWN_SECRETS).map(([name, what]) => ({ name, what })),
  ],
}

export const CONSUMER: WorkerDefinition = {
  name: 'consumer',
  config: join(ROOT, 'workers/consumer/wrangler.jsonc'),
  secrets: [
    { name: 'JWT_SECRET_NEW', what: 'HS512 only: the same as the gateway’s for this audience' },
    { name: 'JWT_SECRET_OLD', what: 'HS512 only: the one before' },
  ],
}

/** Consumers come after the gateway's bootstrap, in this order. */
export const CONSUMERS: readonly WorkerDefinition[] = [CONSUMER]

/** Every environment of every Worker, as wrangler's `--env` names it; `""` is the top level of its file. */
export const EVERY_ENVIRONMENT: readonly (WorkerDefinition & { readonly env: string })[] = [
  ...['', 'staging', 'dev', 'bootstrap', 'bootstrap-staging'].map((env) => ({ ...GATEWAY, env })),
  ...['', 'staging', 'dev'].map((env) => ({ ...CONSUMER, env })),
]

/** What is deployed. `production` is the top level of each wrangler.jsonc. */
export const ENVIRONMENTS = ['production', 'staging'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/** The value of wrangler's `--env`. */
export function wranglerEnv(environment: Environment): string {
  return environment === 'production' ? '' : environment
}

/** The gateway's environment without bindings to the consumers, which are not there at the first deploy. */
export function bootstrapEnv(environment: Environment): string {
  return environment === 'production' ? 'bootstrap' : `bootstrap-${environment}`
}

/** @throws UsageError */
export function readEnvironment(name: string | undefined): Environment {
  const found = ENVIRONMENTS.find((one) => one === name)
  if (found) return found
  const problem = name === undefined ? 'Say which environment' : `There is no environment ${name}`
  throw new UsageError(`${problem}: --env ${ENVIRONMENTS.join(' or --env ')}`)
}
