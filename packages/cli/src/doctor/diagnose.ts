import type { Project } from '../project/find-project.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { checkCloudflare } from './check-cloudflare.ts'
import { checkConfiguration } from './check-configuration.ts'
import { checkEntrypoints } from './check-entrypoints.ts'
import { checkEnvironments } from './check-environments.ts'
import type { Finding } from './finding.ts'
import { checkIdentityProvider } from './check-identity-provider.ts'
import { checkKeys } from './check-keys.ts'
import type { Network } from './network.ts'
import { checkPairs } from './check-pairs.ts'
import { checkResources } from './check-resources.ts'
import { checkRoutes } from './check-routes.ts'
import { checkSecrets } from './check-secrets.ts'
import { readSystem } from './system-view.ts'
import { checkTools } from './check-tools.ts'

/** What the checks use of the world. */
export interface DoctorWorld extends Network {
  /** `undefined`: Cloudflare is not looked at. */
  readonly run: RunWrangler | undefined
}

export const THIS_MACHINE: Network = { fetch: globalThis.fetch, now: () => Date.now() / 1000 }

/**
 * Every check of one environment, in the order of their groups. Changes nothing.
 *
 * @throws UsageError when the gateway has no such environment, or its wrangler.jsonc cannot be read
 */
export async function diagnose(
  project: Project,
  environment: string,
  world: DoctorWorld,
): Promise<readonly Finding[]> {
  const system = await readSystem(project, environment)
  const [configuration, keys, idp, cloudflare] = await Promise.all([
    checkConfiguration(system),
    checkKeys(system, world.now()),
    checkIdentityProvider(system, world),
    world.run ? checkCloudflare(system, world.run) : [],
  ])
  return [
    ...checkTools(project),
    ...configuration,
    ...checkPairs(system),
    ...checkEntrypoints(system),
    ...keys,
    ...checkSecrets(system),
    ...checkEnvironments(project),
    ...checkRoutes(system),
    ...checkResources(system),
    ...idp,
    ...cloudflare,
  ]
}
