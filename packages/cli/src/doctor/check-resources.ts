import type { Migration } from '../project/worker-config.ts'
import { limiterLine } from './configuration-remedies.ts'
import { type Finding, reporterFor, shown } from './finding.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('resources')

/** What Workers bind at Cloudflare: Durable Objects, KV, limiters. */
export function checkResources(system: System): readonly Finding[] {
  const workers = [system.gateway, ...system.services]
  const findings = [
    ...workers.flatMap((worker) => migrationFindings(system, worker)),
    ...workers.flatMap((worker) => kvFindings(system, worker)),
    ...limiterFindings(system),
  ]
  return findings.length > 0
    ? findings
    : [report.ok('resources', 'migrations, KV namespaces and rate limiters are complete')]
}

/** A Durable Object's class needs a migration that makes it; wrangler says so only when it uploads. */
function migrationFindings(system: System, worker: WorkerView): readonly Finding[] {
  const { durable_objects: objects, migrations = [] } = worker.config
  const made = classesMadeBy(migrations)
  return objects.bindings.flatMap(({ name, class_name: className, script_name: script }) => {
    const isElsewhere = script !== undefined && script !== worker.config.name
    if (made.has(className) || isElsewhere) return []
    const what = `${name} (${placeOf(system, worker)}) is the Durable Object ${className}, which no migration makes: the upload fails`
    const line = { tag: `v${migrations.length + 1}`, new_sqlite_classes: [className] }
    return [
      report.fail(
        'durable-object-migration',
        what,
        `${JSON.stringify(line)} in "migrations" at the top of ${worker.file}`,
      ),
    ]
  })
}

function classesMadeBy(migrations: readonly Migration[]): ReadonlySet<string> {
  const made = new Set<string>()
  for (const step of migrations) {
    const { renamed_classes: renamed = [], transferred_classes: transferred = [] } = step
    const gone = [...(step.deleted_classes ?? []), ...renamed.map(({ from }) => from)]
    const moved = [...renamed, ...transferred].map(({ to }) => to)
    for (const name of gone) made.delete(name)
    for (const name of [...(step.new_classes ?? []), ...(step.new_sqlite_classes ?? []), ...moved])
      made.add(name)
  }
  return made
}

function kvFindings(system: System, worker: WorkerView): readonly Finding[] {
  if (system.isLocal) return []
  return worker.config.kv_namespaces.flatMap(({ binding, id }) =>
    id !== undefined && /^[0-9a-f]{32}$/.test(id)
      ? []
      : [
          report.fail(
            'kv-id',
            `the KV namespace ${binding} (${placeOf(system, worker)}) has ${id === undefined ? 'no id' : `the id ${shown(id)}, which is none of Cloudflare's`}`,
            `npx wrangler kv namespace create ${binding} prints the id; put it there`,
          ),
        ],
  )
}

function limiterFindings(system: System): readonly Finding[] {
  const { reading, gateway } = system
  if (!reading.ok || reading.config.environment === 'dev') return []
  const { missingLimiters, login, rateLimiters } = reading.config
  const isGuessable = login?.connection !== undefined && !rateLimiters.password
  return missingLimiters.map((name) =>
    isGuessable && name.endsWith('PASSWORD')
      ? report.fail(
          'rate-limiter',
          `AUTH0_CONNECTION is set and there is no rate limiter ${name} (${placeOf(system, gateway)}): passwords can be guessed`,
          limiterLine(system, name),
        )
      : report.warn(
          'rate-limiter',
          `there is no rate limiter ${name} (${placeOf(system, gateway)})`,
          limiterLine(system, name),
        ),
  )
}
