import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readWorkerConfig } from '../project/worker-config.ts'
import { environmentOf } from '../doctor/environment.ts'
import type { WorkerFolder } from '../project/find-project.ts'

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
  try {
    parseConfig(environmentOf(config, undefined, secrets), definition)
    return undefined
  } catch (error) {
    // By its code: the team's gateway may have a kit of its own.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_CONFIG') return error.message
    throw error
  }
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
