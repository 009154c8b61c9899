import type { Project } from '../project/find-project.ts'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { hostOf, routesOf } from './check-routes.ts'
import { readAll } from './system-view.ts'

const report = reporterFor('environments')

/** Something that one environment has to itself, and where it stands. */
interface Owned {
  readonly id: 'environment-host' | 'environment-worker' | 'environment-kv' | 'environment-limiter'
  readonly what: string
  readonly value: string
  readonly environment: string
  readonly file: string
}

const REMEDIES: Readonly<Record<Owned['id'], string>> = {
  'environment-host': 'give each environment a hostname of its own',
  'environment-worker': 'remove "name" there: wrangler makes a name for each environment',
  'environment-kv': 'npx wrangler kv namespace create makes another one',
  'environment-limiter': 'a limiter counts by its number: give each its own',
}

/** Two environments that share a hostname, a Worker or a KV namespace are one: the later deploy takes it from the other. */
export function checkEnvironments(project: Project): readonly Finding[] {
  const owned = readAll(project).flatMap(({ environment, file, config }): Owned[] => {
    const at = { environment, file }
    return [
      ...routesOf({ config }).map((route) => ({
        ...at,
        id: 'environment-host' as const,
        what: 'the hostname',
        value: hostOf(route),
      })),
      ...(config.name === undefined
        ? []
        : [{ ...at, id: 'environment-worker' as const, what: 'the Worker', value: config.name }]),
      ...config.kv_namespaces.flatMap(({ id }) =>
        id === undefined
          ? []
          : [{ ...at, id: 'environment-kv' as const, what: 'the KV namespace', value: id }],
      ),
      ...config.ratelimits.flatMap(({ namespace_id: id }) =>
        id === undefined
          ? []
          : [{ ...at, id: 'environment-limiter' as const, what: 'the rate limiter', value: id }],
      ),
    ]
  })
  const findings = [...topLevelRoutes(project), ...sharedBetween(owned)]
  return findings.length > 0
    ? findings
    : [report.ok('environments', 'each environment has hostnames, Workers, KV and limiters of its own')]
}

function sharedBetween(owned: readonly Owned[]): readonly Finding[] {
  const byValue = Map.groupBy(owned, ({ id, value }) => `${id} ${value}`)
  return [...byValue.values()].flatMap((places) => {
    const [first] = places
    if (!first || new Set(places.map(({ environment }) => environment)).size < 2) return []
    const where = listed([...new Set(places.map(({ file, environment }) => `${file}, env.${environment}`))])
    const what = `${first.what} ${shown(first.value)} is in ${where}: environments must not share it`
    const remedy = REMEDIES[first.id]
    return [
      first.id === 'environment-limiter'
        ? report.warn(first.id, what, remedy)
        : report.fail(first.id, what, remedy),
    ]
  })
}

/** Every environment inherits them, and so a deploy of staging takes production's hostname. */
function topLevelRoutes(project: Project): readonly Finding[] {
  return readAll(project, ['']).flatMap(({ file, config }) => {
    const hosts = routesOf({ config }).map(hostOf)
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
