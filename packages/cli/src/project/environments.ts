import { UsageError } from '../errors.ts'
import type { Project, WorkerFolder } from './find-project.ts'
import { readWorkerConfig } from './worker-config.ts'

/** The environments of a Worker: the names under `env` in its `wrangler.jsonc`. */
export function environmentsOf({ config }: WorkerFolder): readonly string[] {
  return readWorkerConfig(config, '').definedEnvironments ?? []
}

/**
 * The environment that a person named: the gateway's file says which there are.
 *
 * @throws UsageError with those that there are
 */
export function readEnvironment({ gateway }: Project, name: string | undefined): string {
  const names = environmentsOf(gateway)
  if (name !== undefined && names.includes(name)) return name
  const problem = name === undefined ? 'Say which environment' : `There is no environment ${name}`
  const choice =
    names.length > 0 ? names.map((one) => `--env ${one}`).join(' or ') : `${gateway.config} has no "env"`
  throw new UsageError(`${problem}: ${choice}`)
}
