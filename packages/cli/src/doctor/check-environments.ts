import type { Project } from '../project/find-project.ts'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { hostOf, routesOf } from '../project/routes.ts'
import { type SharedResource, sharedResources } from '../project/shared-resources.ts'
import { readAll } from './system-view.ts'

const report = reporterFor('environments')

const KINDS: Readonly<Record<SharedResource['kind'], { readonly id: string; readonly remedy: string }>> = {
  hostname: { id: 'environment-host', remedy: 'give each environment a hostname of its own' },
  Worker: {
    id: 'environment-worker',
    remedy: 'remove "name" there: wrangler makes a name for each environment',
  },
  'KV namespace': {
    id: 'environment-kv',
    remedy: 'npx wrangler kv namespace create makes another one',
  },
  'rate limiter': {
    id: 'environment-limiter',
    remedy: 'a limiter counts by its number: give each its own',
  },
}

/** Two environments that share a hostname, a Worker or a KV namespace are one: the later deploy takes it from the other. */
export function checkEnvironments(project: Project): readonly Finding[] {
  const findings = [...topLevelRoutes(project), ...sharedResources(readAll(project)).map(sharedFinding)]
  return findings.length > 0
    ? findings
    : [report.ok('environments', 'each environment has hostnames, Workers, KV and limiters of its own')]
}

function sharedFinding({ kind, value, places }: SharedResource): Finding {
  const { id, remedy } = KINDS[kind]
  const what = `the ${kind} ${shown(value)} is in ${listed(places)}: environments must not share it`
  return kind === 'rate limiter' ? report.warn(id, what, remedy) : report.fail(id, what, remedy)
}

/** Every environment inherits them, and so a deploy of staging takes production's hostname. */
function topLevelRoutes(project: Project): readonly Finding[] {
  return readAll(project, ['']).flatMap(({ file, config }) => {
    const hosts = routesOf(config).map(hostOf)
    return hosts.length === 0
      ? []
      : [
          report.fail(
            'top-level-routes',
            `"routes" with ${listed(hosts)} stand at the top of ${file}: every environment inherits them`,
            `move them into "env" of ${file}, each to its environment`,
          ),
        ]
  })
}
