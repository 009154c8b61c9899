import { hostOf, routesOf } from './routes.ts'
import type { WorkerConfig } from './worker-config.ts'

/** A Worker's file in one environment, as wrangler resolves it. */
export interface Claimant {
  readonly environment: string
  /** As people know it. */
  readonly file: string
  readonly config: WorkerConfig
}

/** Something that more than one environment claims: whichever is deployed later takes it from the other. */
export interface SharedResource {
  readonly kind: 'hostname' | 'Worker' | 'KV namespace' | 'rate limiter'
  readonly value: string
  /** Where it stands: `gateway/wrangler.jsonc, env.production`. */
  readonly places: readonly string[]
}

/** What more than one environment claims. Of a rate limiter only the count is shared; all else is lost to one of them. */
export function sharedResources(claimants: readonly Claimant[]): readonly SharedResource[] {
  const claims = claimants.flatMap(({ environment, file, config }) =>
    claimsOf(config).map((claim) => ({ ...claim, environment, place: `${file}, env.${environment}` })),
  )
  return [...Map.groupBy(claims, ({ kind, value }) => `${kind} ${value}`).values()].flatMap((group) => {
    const [first] = group
    if (!first || new Set(group.map(({ environment }) => environment)).size < 2) return []
    return [{ kind: first.kind, value: first.value, places: [...new Set(group.map(({ place }) => place))] }]
  })
}

function claimsOf(config: WorkerConfig): readonly Pick<SharedResource, 'kind' | 'value'>[] {
  const given = (
    kind: SharedResource['kind'],
    ...values: readonly (string | undefined)[]
  ): ReturnType<typeof claimsOf> => values.flatMap((value) => (value === undefined ? [] : [{ kind, value }]))
  return [
    ...given('hostname', ...routesOf(config).map(hostOf)),
    ...given('Worker', config.name),
    ...given('KV namespace', ...config.kv_namespaces.map(({ id }) => id)),
    ...given('rate limiter', ...config.ratelimits.map(({ namespace_id: id }) => id)),
  ]
}
