import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { V4WorkerOptions } from 'miniflare'
import { unstable_readConfig } from 'wrangler'

const ROOT = join(import.meta.dirname, '../../..')
export const WRANGLER: string = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

export type WorkerName = 'gateway' | 'consumer'

export function configOf(name: WorkerName): string {
  return join(ROOT, 'workers', name, 'wrangler.jsonc')
}

/** What `wrangler deploy` would upload for the environment `dev`, and the bindings that its configuration names. */
export async function bundleWorker(name: WorkerName): Promise<V4WorkerOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'sealgate-'))
  try {
    const args = [
      WRANGLER,
      'deploy',
      '--dry-run',
      '--env',
      'dev',
      '-c',
      configOf(name),
      '--outdir',
      directory,
    ]
    await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, WRANGLER_HIDE_BANNER: 'true' },
    })
    const script = await readFile(join(directory, 'index.js'), 'utf8')
    const config: unknown = unstable_readConfig(
      { config: configOf(name), env: 'dev' },
      { hideWarnings: true },
    )
    if (!isWorkerConfig(config))
      throw new Error(`the configuration of the ${name} is not as this test knows it`)
    const { bindings } = config.durable_objects
    return {
      ...{ name, modules: true, script, bindings: config.vars, compatibilityDate: config.compatibility_date },
      kvNamespaces: config.kv_namespaces.map(({ binding }) => binding),
      durableObjects: Object.fromEntries(
        bindings.map((object) => [object.name, { className: object.class_name, useSQLite: true }]),
      ),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The part of a configuration that this test needs. wrangler's own type is wider, and not for use outside. */
interface WorkerConfig {
  readonly compatibility_date: string
  readonly vars: Readonly<Record<string, string>>
  readonly kv_namespaces: readonly { readonly binding: string }[]
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[]
  }
}

function isWorkerConfig(value: unknown): value is WorkerConfig {
  if (typeof value !== 'object' || value === null) return false
  const members = ['compatibility_date', 'vars', 'kv_namespaces', 'durable_objects']
  return members.every((member) => member in value)
}
