import type { Project } from '../project/find-project.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { checkCloudflare } from './check-cloudflare.ts'
import { checkDeployment, type Deployed } from './check-deployment.ts'
import { checkIdentityProvider } from './check-identity-provider.ts'
import { checkKeys } from './check-keys.ts'
import { checkTools, type Versions } from './check-tools.ts'
import type { Finding } from './finding.ts'
import type { Network } from './network.ts'
import { checkFiles } from './check-files.ts'
import { readSystem } from './system-view.ts'

/** What the checks use of the world. */
export interface DoctorWorld extends Network {
  /** `undefined`: Cloudflare is not looked at. */
  readonly run: RunWrangler | undefined
  /** Default: those that run here. */
  readonly versions?: Versions
  /** `undefined`: what is deployed is not looked at. */
  readonly deployed?: Deployed | undefined
}

export const THIS_MACHINE: Network = {
  fetch: (...request) => fetch(...request),
  now: () => Date.now() / 1000,
}

/**
 * Every check of one environment. Changes nothing.
 *
 * @throws UsageError when the gateway has no such environment, or its wrangler.jsonc cannot be read
 */
export async function diagnose(
  project: Project,
  environment: string,
  world: DoctorWorld,
): Promise<readonly Finding[]> {
  const tools = checkTools(project, world.versions)
  // An older Node does not run what follows.
  if (tools.some(({ id, status }) => id === 'node' && status === 'fail')) return tools
  const system = await readSystem(project, environment)
  const found = await Promise.all([
    checkFiles(system),
    checkKeys(system, world.now(), world.deployed !== undefined),
    checkIdentityProvider(system, world),
    world.run ? checkCloudflare(system, world.run) : [],
    world.deployed ? checkDeployment(system, world.deployed) : [],
  ])
  return [...tools, ...found.flat()]
}
