import { UsageError } from '../errors.ts'
import type { Project, WorkerFolder } from './find-project.ts'
import { readWorkerConfig } from './worker-config.ts'

/** The environments of a Worker: the names under `env` in its `wrangler.jsonc`. */
export function environmentsOf({ config }: WorkerFolder): readonly string[] {
  const names = readWorkerConfig(config, '').definedEnvironments ?? []
  // Until production has a block of its own, it is the top level of the file.
  return [...new Set(['production', ...names.filter((name) => !name.startsWith('bootstrap'))])]
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
  throw new UsageError(`${problem}: ${names.map((one) => `--env ${one}`).join(' or ')}`)
}

/** The value of wrangler's `--env`. */
export function wranglerEnv(environment: string): string {
  return environment === 'production' ? '' : environment
}

/** The gateway's environment without bindings to the services, which are not there at the first deploy. */
export function bootstrapEnv(environment: string): string {
  return environment === 'production' ? 'bootstrap' : `bootstrap-${environment}`
}
