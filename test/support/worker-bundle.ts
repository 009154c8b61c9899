import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { V4WorkerOptions } from 'miniflare'
import { findProject, readWorkerConfig, type WorkerFolder } from 'sealgate/internal'
import { ROOT } from './root.ts'

const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')

export type WorkerName = 'gateway' | 'consumer'

/** A Worker of this repository. */
export function workerFolder(name: WorkerName): WorkerFolder {
  const { gateway, services } = findProject(ROOT)
  const found = [gateway, ...services].find((folder) => folder.name === name)
  if (!found) throw new Error(`there is no Worker ${name}`)
  return found
}

/** What `wrangler deploy` would upload for the environment `dev`, and the bindings that its configuration names. */
export async function bundleWorker(name: WorkerName): Promise<V4WorkerOptions> {
  const directory = await mkdtemp(join(tmpdir(), 'sealgate-'))
  const { config } = workerFolder(name)
  try {
    const args = [WRANGLER, 'deploy', '--dry-run', '--env', 'dev', '-c', config, '--outdir', directory]
    await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, WRANGLER_HIDE_BANNER: 'true' },
    })
    const script = await readFile(join(directory, 'index.js'), 'utf8')
    const { vars, compatibility_date, kv_namespaces, durable_objects } = readWorkerConfig(config, 'dev')
    return {
      ...{ name, modules: true, script, compatibilityDate: compatibility_date ?? '' },
      bindings: vars as Readonly<Record<string, string>>,
      kvNamespaces: kv_namespaces.map(({ binding }) => binding),
      durableObjects: Object.fromEntries(
        durable_objects.bindings.map((object) => [
          object.name,
          { className: object.class_name, useSQLite: true },
        ]),
      ),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
