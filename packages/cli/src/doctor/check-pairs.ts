import { namesOf } from '@sealgate/kit/gateway'
import type { ServiceBinding } from '../project/worker-config.ts'
import { checkDenylist, checkLifetime } from './pair-settings.ts'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { checkKeySource } from './pair-key-source.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('pairs')

/** A service behind the gateway, and the audiences of the tokens that it is sent. */
interface Pair {
  /** The gateway's binding. */
  readonly binding: string
  readonly service: WorkerView
  /** Audience, and a route that sends it. */
  readonly audiences: ReadonlyMap<string, string>
}

/** Do the gateway and each of its services mean the same issuer, audience, keys and each other? */
export function checkPairs(system: System): readonly Finding[] {
  const bindings = new Map(
    (system.gateway.config.services ?? []).map((binding) => [binding.binding, binding]),
  )
  const routed = routesByService(system)
  const bound = [...bindings.values()].flatMap((binding) => {
    const service = serviceNamed(system, binding.service)
    return service
      ? [
          {
            binding: binding.binding,
            service,
            audiences: routed.get(binding.binding) ?? new Map<string, string>(),
          },
        ]
      : []
  })
  const idle = system.services.filter((service) => !bound.some((pair) => pair.service === service))
  return [
    ...[...bindings.values()].flatMap((binding) => bindingFindings(system, binding, idle)),
    ...bound.flatMap((pair) => pairFindings(system, pair)),
    ...idle.flatMap((service) => idleFindings(system, service)),
  ]
}

/** The audiences that routes send to each binding. Of a definition that the gateway rejects, as far as it can be read. */
function routesByService({ reading, definition }: System): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const routes = reading.ok ? reading.config.routes.routes : definition.routes
  const found = new Map<string, Map<string, string>>()
  for (const route of routes) {
    const audiences = found.get(route.service) ?? new Map<string, string>()
    if (route.auth !== 'none' && !audiences.has(route.audience)) audiences.set(route.audience, route.match)
    found.set(route.service, audiences)
  }
  return found
}

function serviceNamed({ services }: System, name: string): WorkerView | undefined {
  return services.find(({ config }) => config.name === name)
}

/** A binding to a Worker that this project does not have: another team's, or a slip. */
function bindingFindings(
  system: System,
  { binding, service }: ServiceBinding,
  idle: readonly WorkerView[],
): readonly Finding[] {
  if (serviceNamed(system, service)) return []
  const where = `the gateway's binding ${binding} (${placeOf(system, system.gateway)})`
  const [probable] = idle
  if (probable?.config.name !== undefined) {
    const what = `${where} goes to ${shown(service)}, and no Worker of env.${system.environment} has that name`
    return [
      report.fail(
        'gateway-binding',
        what,
        `"service": ${JSON.stringify(probable.config.name)} in ${placeOf(system, system.gateway)}`,
      ),
    ]
  }
  return [
    report.skipped('gateway-binding', `${where} goes to ${shown(service)}, which is not in this project`),
  ]
}

function pairFindings(system: System, pair: Pair): readonly Finding[] {
  const { service, audiences } = pair
  const findings = [
    ...issuerFindings(system, service),
    ...[...audiences].flatMap(([audience, match]) => audienceFindings(system, service, audience, match)),
    ...commonFindings(system, service, [...audiences.keys()]),
  ]
  if (findings.length > 0) return findings
  const names = listed([...audiences.keys()])
  const what = names === '' ? 'no route sends it tokens' : `issuer, audience ${names} and keys agree`
  return [report.ok('pair', `gateway and ${service.folder.name}: ${what}`)]
}

/** A service that the gateway does not reach; others may call it with tokens of the gateway. */
function idleFindings(system: System, service: WorkerView): readonly Finding[] {
  const known = system.reading.ok
    ? [...system.reading.config.audiences.keys()]
    : Object.keys(system.definition.audiences)
  const own = namesOf(service.env.JWT_AUD)
  const audience =
    own.length === 0 || own.some((name) => known.includes(name))
      ? []
      : [
          report.fail(
            'service-audience',
            `JWT_AUD (${placeOf(system, service)}) is ${shown(own.join(','))}, and the gateway issues tokens for ${listed(known)} alone`,
            `"JWT_AUD": ${JSON.stringify(known[0] ?? '')} in ${placeOf(system, service)}, or name the audience in gateway.config.ts`,
          ),
        ]
  const findings = [...issuerFindings(system, service), ...audience, ...commonFindings(system, service, [])]
  if (findings.length > 0) return findings
  return [
    report.ok(
      'pair',
      `gateway and ${service.folder.name}: issuer and keys agree; the gateway has no binding to it`,
    ),
  ]
}

function commonFindings(
  system: System,
  service: WorkerView,
  audiences: readonly string[],
): readonly Finding[] {
  return [
    ...checkKeySource(system, service),
    ...exchangeFindings(system, service, audiences),
    ...checkDenylist(system, service),
    ...checkLifetime(system, service),
  ]
}

function issuerFindings(system: System, service: WorkerView): readonly Finding[] {
  const [ours, theirs] = [system.gateway.env.JWT_ISS, service.env.JWT_ISS]
  // One that is unset is told by the group of configurations.
  if (ours === theirs || !isSet(ours) || !isSet(theirs)) return []
  const what = `JWT_ISS (${placeOf(system, service)}) is ${shown(theirs)}, and the gateway's is ${shown(ours)}: every token is denied`
  return [
    report.fail('pair-issuer', what, `"JWT_ISS": ${JSON.stringify(ours)} in ${placeOf(system, service)}`),
  ]
}

function audienceFindings(
  system: System,
  service: WorkerView,
  audience: string,
  match: string,
): readonly Finding[] {
  const own = namesOf(service.env.JWT_AUD)
  if (own.length === 0 || own.includes(audience)) return []
  const what = `JWT_AUD (${placeOf(system, service)}) is ${shown(own.join(','))}, and the gateway's route ${match} sends it tokens for ${shown(audience)}`
  return [
    report.fail(
      'pair-audience',
      what,
      `"JWT_AUD": ${JSON.stringify(audience)} in ${placeOf(system, service)}`,
    ),
  ]
}

/** What a service that passes its callers on needs. */
function exchangeFindings(
  system: System,
  service: WorkerView,
  audiences: readonly string[],
): readonly Finding[] {
  const [name] = namesOf(service.env.JWT_EXCHANGE_SERVICE_NAME)
  const binding = (service.config.services ?? []).find((one) => one.binding === name)
  if (!binding) return []
  // A JWT_AUD that is wrong is told already: what the routes say counts.
  const own = [...audiences, ...namesOf(service.env.JWT_AUD)]
  const caller = binding.props?.service
  const isCaller = typeof caller === 'string' && own.includes(caller)
  const right = {
    binding: binding.binding,
    service: system.gateway.config.name,
    entrypoint: 'Exchange',
    props: { service: isCaller ? caller : own[0] },
  }
  const isRight = binding.service === right.service && binding.entrypoint === 'Exchange' && isCaller
  if (isRight) return []
  const what = `the binding ${binding.binding} of ${service.folder.name} (${placeOf(system, service)}) ${describe(binding)}: the gateway's entrypoint Exchange would not know who calls`
  return [report.fail('pair-exchange', what, `${JSON.stringify(right)} in ${placeOf(system, service)}`)]
}

function describe({ service, entrypoint, props }: ServiceBinding): string {
  const at = entrypoint === undefined ? 'without "entrypoint"' : `at the entrypoint ${shown(entrypoint)}`
  const as = props?.service === undefined ? 'without "props"' : `with props.service ${shown(props.service)}`
  return `goes to ${shown(service)} ${at}, ${as}`
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== ''
}
