import { ConfigError } from '@sealgate/kit'
import { readWorkerConfig, type WorkerConfig } from '../project/worker-config.ts'
import { type Environment, GATEWAY, wranglerEnv } from '../project/workers.ts'

/** Stands for secrets whose values nobody can read back: of a form that the gateway accepts. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  SESSION_SECRET: 'A'.repeat(43),
  EXCHANGE_CLIENTS: '{}',
}

/** A binding that is there, whatever it is. */
const BINDING = {
  fetch: () => undefined,
  limit: () => undefined,
  get: () => undefined,
  put: () => undefined,
  idFromName: () => undefined,
}

/** The gateway's own reading of its environment (`@sealgate/gateway/config`). */
type ParseConfig = (env: object, definition: unknown) => unknown

/**
 * What the gateway would say of its configuration, if it were deployed with these secrets; `undefined` when it would
 * start. The same code decides that decides in the Worker.
 */
export async function gatewayProblem(
  environment: Environment,
  secrets: readonly string[],
  configPath = GATEWAY.config,
): Promise<string | undefined> {
  const { parseConfig, definition } = await loadGateway()
  const config = readConfig(environment, configPath)
  const bindings = [
    ...(config.services ?? []).map(({ binding }) => binding),
    ...config.kv_namespaces.map(({ binding }) => binding),
    ...config.durable_objects.bindings.map(({ name }) => name),
    ...config.ratelimits.map(({ name }) => name),
  ]
  try {
    parseConfig(
      {
        ...config.vars,
        ...Object.fromEntries(bindings.map((name) => [name, BINDING])),
        ...Object.fromEntries(
          [...secrets, ...storedIn(config)].map((name) => [name, PLACEHOLDERS[name] ?? 'a secret']),
        ),
      },
      definition,
    )
    return undefined
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

/** The gateway's secrets that are in a Secrets Store: `wrangler secret list` does not name them. */
export function storedSecrets(environment: Environment, configPath = GATEWAY.config): readonly string[] {
  return storedIn(readConfig(environment, configPath))
}

function storedIn({ secrets_store_secrets: stored }: WorkerConfig): readonly string[] {
  return stored.map(({ binding }) => binding)
}

function readConfig(environment: Environment, configPath: string): WorkerConfig {
  return readWorkerConfig(configPath, wranglerEnv(environment))
}

/** Loaded by address: the types of Workers and of Node do not go into one program. */
async function loadGateway(): Promise<{ readonly parseConfig: ParseConfig; readonly definition: unknown }> {
  const from = async (specifier: string): Promise<Record<string, unknown>> =>
    (await import(specifier)) as Record<string, unknown>
  const { parseConfig } = await from('@sealgate/gateway/config')
  const { default: definition } = await from(
    new URL('../../../../workers/gateway/gateway.config.ts', import.meta.url).href,
  )
  if (typeof parseConfig !== 'function') throw new Error('the gateway has no parseConfig')
  return { parseConfig: parseConfig as ParseConfig, definition }
}
