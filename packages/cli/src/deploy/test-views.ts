import type { WorkerConfig } from '../project/worker-config.ts'
import type { WorkerView } from '../project/worker-view.ts'

/** For tests: a Worker in the environment `staging`. */
export function viewOf(
  name: string,
  { binds = [], ...config }: Partial<WorkerConfig> & { readonly binds?: readonly string[] } = {},
): WorkerView {
  return {
    folder: { name, dir: `/team/${name}`, config: `/team/${name}/wrangler.jsonc` },
    environment: 'staging',
    name: `${name}-staging`,
    config: {
      ...{ vars: {}, kv_namespaces: [], durable_objects: { bindings: [] }, ratelimits: [] },
      ...{ secrets_store_secrets: [], services: binds.map((service) => ({ binding: service, service })) },
      ...config,
    },
  }
}
