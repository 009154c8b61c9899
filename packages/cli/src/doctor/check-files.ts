import type { Project } from '../project/find-project.ts'
import { checkConfiguration } from './check-configuration.ts'
import { checkEntrypoints } from './check-entrypoints.ts'
import { checkEnvironments } from './check-environments.ts'
import { checkPairs } from './check-pairs.ts'
import { checkResources } from './check-resources.ts'
import { checkRoutes } from './check-routes.ts'
import { checkSecrets } from './check-secrets.ts'
import type { Finding } from './finding.ts'
import { readSystem, type System } from './system-view.ts'

/**
 * What is wrong with an environment as far as its files tell, for whoever is about to deploy it: the faults, and what is worth a
 * warning. Needs no network and changes nothing.
 *
 * @throws UsageError when the gateway has no such environment, or its wrangler.jsonc cannot be read
 */
export async function preflight(project: Project, environment: string): Promise<readonly Finding[]> {
  const findings = await checkFiles(await readSystem(project, environment))
  return findings.filter(({ status }) => status === 'fail' || status === 'warn')
}

/** Every check of the files of a project. */
export async function checkFiles(system: System): Promise<readonly Finding[]> {
  return [
    ...(await checkConfiguration(system)),
    ...checkPairs(system),
    ...checkEntrypoints(system),
    ...checkSecrets(system),
    ...checkEnvironments(system.project),
    ...checkRoutes(system),
    ...checkResources(system),
  ]
}
