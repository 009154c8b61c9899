import { join } from 'node:path'
import type { HeldBinding } from '../wrangler/dev-worker-spec.ts'
import { type DevPlan, type DevWorker, workersOf } from './dev-plan.ts'
import { writePrivateFile } from '../project/private-files.ts'

/** The program, and the Worker, that holds KV namespaces of several Workers. */
export const SHARED_KV = 'sealgate-shared-kv'

/** As the gateway's; the Worker itself needs nothing newer. */
const COMPATIBILITY_DATE = '2026-10-23'

/**
 * The ids of KV namespaces that several Workers bind: one namespace each, as at Cloudflare, so that what the gateway revokes
 * is revoked at the services. Two processes must not open one namespace: SQLite locks it (docs/reference/runtime.md).
 */
export function sharedNamespaces(plan: DevPlan): readonly string[] {
  const ids = workersOf(plan).flatMap(({ kv_namespaces }) => [
    ...new Set(kv_namespaces.flatMap(({ id }) => id ?? [])),
  ])
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]
}

/** What takes the place of a Worker's bindings to shared namespaces: the entrypoint of the Worker that holds them. */
export function heldElsewhere(
  { kv_namespaces }: DevWorker,
  shared: readonly string[],
): Readonly<Record<string, HeldBinding>> {
  const held = kv_namespaces.flatMap(({ binding, id = '' }): [string, HeldBinding][] => {
    const index = shared.indexOf(id)
    if (index < 0) return []
    return [[binding, { service: SHARED_KV, entrypoint: 'Namespace', props: { binding: bindingOf(index) } }]]
  })
  return Object.fromEntries(held)
}

/** Writes the configuration of the Worker that holds them. Returns its path. */
export function writeSharedKvConfig(folder: string, shared: readonly string[]): string {
  const path = join(folder, 'shared-kv.json')
  const config = {
    name: SHARED_KV,
    main: join(import.meta.dirname, 'shared-kv-worker.js'),
    compatibility_date: COMPATIBILITY_DATE,
    kv_namespaces: shared.map((id, index) => ({ binding: bindingOf(index), id })),
  }
  writePrivateFile(path, JSON.stringify(config))
  return path
}

const bindingOf = (index: number): string => `KV_${index}`
