import { namesOf } from '@sealgate/kit/gateway'
import { type Finding, reporterFor, shown } from './finding.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('pairs')

/** A revocation counts where the list is the same one. */
export function checkDenylist(system: System, service: WorkerView): readonly Finding[] {
  const [ours, theirs] = [system.gateway, service].map(denylistOf)
  if (ours === undefined || ours === theirs) return []
  const [name = 'DENYLIST'] = namesOf(system.gateway.env.JWT_DENYLIST_NAME)
  const place = placeOf(system, service)
  const lines = `"JWT_DENYLIST_NAME": ${JSON.stringify(name)} and ${JSON.stringify({ binding: name, id: ours })} in "kv_namespaces"`
  return [
    theirs === undefined
      ? report.warn(
          'pair-denylist',
          `the gateway has a deny-list and ${service.folder.name} (${place}) looks at none: its tokens outlive a revocation`,
          `${lines} in ${place}`,
        )
      : report.fail(
          'pair-denylist',
          `the deny-list of ${service.folder.name} (${place}) is the KV namespace ${shown(theirs)}, and the gateway's is ${shown(ours)}`,
          `${lines} in ${place}`,
        ),
  ]
}

/** The id of the KV namespace. */
function denylistOf({ env, config }: WorkerView): string | undefined {
  const [name] = namesOf(env.JWT_DENYLIST_NAME)
  return name === undefined ? undefined : config.kv_namespaces.find(({ binding }) => binding === name)?.id
}

/** A service rejects tokens that live longer than it accepts. */
export function checkLifetime(system: System, service: WorkerView): readonly Finding[] {
  if (!system.reading.ok) return []
  const { ttlSeconds } = system.reading.config
  const maximum = Number(service.env.JWT_MAX_TTL_SECONDS ?? Number.NaN)
  if (!(maximum < ttlSeconds)) return []
  const place = placeOf(system, service)
  return [
    report.fail(
      'pair-lifetime',
      `JWT_MAX_TTL_SECONDS (${place}) is ${maximum}, and the gateway's tokens live ${ttlSeconds} seconds: every token is denied`,
      `"JWT_TTL_SECONDS": "${maximum}" in ${placeOf(system, system.gateway)}, or a larger JWT_MAX_TTL_SECONDS in ${place}`,
    ),
  ]
}
