import { namesOf } from '@sealgate/kit/gateway'
import type { ServiceBinding } from '../project/worker-config.ts'
import { checkDenylist, checkLifetime } from './pair-settings.ts'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { checkKeySource } from './pair-key-source.ts'
import { bindingsTo, hasKitVariables, routedAudiences, takesTokens } from './routed-audiences.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('pairs')

/** Do the gateway and each of its services mean the same issuer, audience, keys and each other? */
export function checkPairs(system: System): readonly Finding[] {
  const bindings = system.gateway.config.services ?? []
  const idle = system.services.filter((service) => bindingsTo(system, service).length === 0)
  return [
    ...bindings.flatMap((binding) => bindingFindings(system, binding, idle)),
    ...system.services.flatMap((service) => pairFindings(system, service, idle.includes(service))),
  ]
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

/** @param isIdle the gateway has no binding to the service; others may call it with tokens of the gateway */
function pairFindings(system: System, service: WorkerView, isIdle: boolean): readonly Finding[] {
  const { name } = service.folder
  if (!hasKitVariables(service)) {
    return isIdle || !takesTokens(system, service)
      ? [report.ok('pair', `gateway and ${name}: no token goes there`)]
      : []
  }
  const audiences = routedAudiences(system, service)
  const findings = [
    ...issuerFindings(system, service),
    ...[...audiences].flatMap(([audience, match]) => audienceFindings(system, service, audience, match)),
    ...(isIdle ? idleFindings(system, service) : []),
    ...checkKeySource(system, service),
    ...exchangeFindings(system, service, [...audiences.keys()]),
    ...checkDenylist(system, service),
    ...checkLifetime(system, service),
  ]
  if (findings.length > 0) return findings
  const names = listed([...audiences.keys()])
  const agreed =
    names === ''
      ? 'issuer and keys agree; no route sends it tokens'
      : `issuer, audience ${names} and keys agree`
  return [report.ok('pair', `gateway and ${name}: ${agreed}`)]
}

/** Whoever calls a service that no route reaches has tokens for one of the gateway's audiences. */
function idleFindings(system: System, service: WorkerView): readonly Finding[] {
  const { reading, definition } = system
  const known = reading.ok ? [...reading.config.audiences.keys()] : Object.keys(definition.audiences)
  const own = namesOf(service.env.JWT_AUD)
  if (own.length === 0 || own.some((name) => known.includes(name))) return []
  const place = placeOf(system, service)
  return [
    report.fail(
      'service-audience',
      `JWT_AUD (${place}) is ${shown(own.join(','))}, and the gateway issues tokens for ${listed(known)} alone`,
      `"JWT_AUD": ${JSON.stringify(known[0] ?? '')} in ${place}, or name the audience in gateway.config.ts`,
    ),
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
