import type { System, WorkerView } from './system-view.ts'

/** The names that the gateway's bindings to a service have. */
export function bindingsTo({ gateway }: System, { config }: WorkerView): readonly string[] {
  return (gateway.config.services ?? []).flatMap(({ binding, service }) =>
    service === config.name ? [binding] : [],
  )
}

/**
 * The audiences of the tokens that routes send to a service, each with the path of such a route. Of a definition that the gateway
 * rejects, as far as it can be read.
 */
export function routedAudiences(system: System, service: WorkerView): ReadonlyMap<string, string> {
  const { reading, definition } = system
  const bindings = bindingsTo(system, service)
  const found = new Map<string, string>()
  for (const route of reading.ok ? reading.config.routes.routes : definition.routes) {
    // What is behind an origin is no Worker of this project.
    if (route.auth === 'none' || route.origin !== undefined) continue
    if (!bindings.includes(route.service)) continue
    if (!found.has(route.audience)) found.set(route.audience, route.match)
  }
  return found
}

/** Whether a service has anything to do with tokens, by its variables and by routes. */
export function takesTokens(system: System, service: WorkerView): boolean {
  return hasKitVariables(service) || routedAudiences(system, service).size > 0
}

export function hasKitVariables({ env }: WorkerView): boolean {
  return Object.keys(env).some((name) => name.startsWith('JWT_'))
}
