import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { namesOf } from '@sealgate/kit/gateway'
import type { WorkerConfig } from '../project/worker-config.ts'
import type { LocalSecrets } from './local-secrets.ts'

/** A service binding that is there. */
const SERVICE = {
  fetch: () => undefined,
  delegate: () => undefined,
}

/** Any other binding that is there: no namespace has `fetch`, and the kit tells by it. */
const RESOURCE = {
  limit: () => undefined,
  get: () => undefined,
  put: () => undefined,
  idFromName: () => undefined,
}

/** Stands for secrets whose values nobody can read back: of a form that gateway and kit accept. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  SESSION_SECRET: 'A'.repeat(43),
  AUTH0_SESSION_ENCRYPTION_KEY: 'A'.repeat(43),
  EXCHANGE_CLIENTS: '{}',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=value',
  OPERATOR_KEYS: `[${publicJwk('operator')}]`,
}

/**
 * The environment that a Worker would start with: variables, bindings, and its secrets as they are on this machine. Where
 * they are at Cloudflare alone, something of the same form stands for each.
 *
 * @param expected names of the secrets that it needs
 */
export function environmentOf(
  config: WorkerConfig,
  secrets: LocalSecrets | undefined,
  expected: readonly string[],
): Readonly<Record<string, unknown>> {
  const services = (config.services ?? []).map(({ binding }) => binding)
  const resources = [
    ...config.kv_namespaces.map(({ binding }) => binding),
    ...config.durable_objects.bindings.map(({ name }) => name),
    ...config.ratelimits.map(({ name }) => name),
  ]
  const stored = config.secrets_store_secrets.map(({ binding }) => binding)
  const placed = secrets ? stored : [...new Set([...expected, ...stored])]
  const env: Readonly<Record<string, unknown>> = {
    ...config.vars,
    ...Object.fromEntries(placed.map((name) => [name, placeholderOf(name, config.vars)])),
    ...(secrets && Object.fromEntries(secrets.values)),
    ...Object.fromEntries(services.map((name) => [name, SERVICE])),
    ...Object.fromEntries(resources.map((name) => [name, RESOURCE])),
  }
  return config.vars.WORKER_ENV === 'dev' ? { ...env, ...devVariables(env) } : env
}

/** What `sealgate dev` sets beside the secrets that it made. */
function devVariables(env: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [first] = namesOf(env.AUTH0_CLIENTS)
  const { AUTH0_CLIENT_ID: given, AUTH0_CLIENT_SECRET: secret } = env
  return (given === undefined || given === '') && secret !== undefined ? { AUTH0_CLIENT_ID: first } : {}
}

function placeholderOf(name: string, vars: WorkerConfig['vars']): string {
  if (namesOf(vars.JWT_PRIVATE_JWK_NAME).includes(name)) return privateJwk(name)
  if (namesOf(vars.JWT_PUBLIC_JWK_NAME).includes(name)) return publicJwk(name)
  if (name === 'OPERATOR_KEYS') return `[${publicJwk('operator')}]`
  // Random: two secrets that are equal are a fault.
  return PLACEHOLDERS[name] ?? randomBytes(64).toString('base64url')
}

function privateJwk(kid: string): string {
  return JSON.stringify({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid })
}

function publicJwk(kid: string): string {
  return JSON.stringify({ ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid })
}
