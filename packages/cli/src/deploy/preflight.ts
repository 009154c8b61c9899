import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '@sealgate/kit'
import { readWorkerConfig, type WorkerConfig } from '../project/worker-config.ts'
import type { WorkerFolder } from '../project/find-project.ts'

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
  gateway: WorkerFolder,
  env: string,
  secrets: readonly string[],
): Promise<string | undefined> {
  const { parseConfig, definition } = await loadGateway(gateway)
  const config = readWorkerConfig(gateway.config, env)
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
export function storedSecrets({ config }: WorkerFolder, env: string): readonly string[] {
  return storedIn(readWorkerConfig(config, env))
}

function storedIn({ secrets_store_secrets: stored }: WorkerConfig): readonly string[] {
  return stored.map(({ binding }) => binding)
}

/** Loaded by address: the types of Workers and of Node do not go into one program. */
async function loadGateway({
  dir,
}: WorkerFolder): Promise<{ readonly parseConfig: ParseConfig; readonly definition: unknown }> {
  const from = async (specifier: string): Promise<Record<string, unknown>> =>
    (await import(specifier)) as Record<string, unknown>
  const file = join(dir, 'gateway.config.ts')
  // The version that the team's gateway is built with.
  const { parseConfig } = await from(
    pathToFileURL(createRequire(file).resolve('@sealgate/gateway/config')).href,
  )
  const { default: definition } = await from(pathToFileURL(file).href)
  if (typeof parseConfig !== 'function') throw new Error('the gateway has no parseConfig')
  return { parseConfig: parseConfig as ParseConfig, definition }
}
