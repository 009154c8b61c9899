import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from 'miniflare'
import { bundle, type BundleOptions } from './bundle.ts'

/** The project's compatibility date. */
export const COMPATIBILITY_DATE = '2026-10-23'

export interface WorkerOptions {
  readonly name: string
  /** A file of `bench/workers`. */
  readonly entry: string
  /** Default: not minified. */
  readonly build?: BundleOptions
  readonly bindings?: Readonly<Record<string, string>>
  /** Answers the service binding `KEYS`, in this program. */
  readonly keys?: () => Promise<{ readonly status?: number; readonly body: string }>
}

export interface Workers {
  readonly miniflare: Miniflare
  /** Version of workerd. */
  readonly version: string
}

/** Starts Workers in workerd, each with a socket of its own: no proxy in front that would be timed with them. */
export async function startWorkers(workers: readonly WorkerOptions[]): Promise<Workers> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: await Promise.all(
        workers.map(async ({ name, entry, build, bindings = {}, keys }) => ({
          name,
          modules: true,
          compatibilityDate: COMPATIBILITY_DATE,
          script: (await bundle({ file: workerFile(entry) }, { minify: false, ...build })).text,
          bindings,
          serviceBindings: keys
            ? {
                KEYS: async () => {
                  const { status = 200, body } = await keys()
                  return new MiniflareResponse(body, { status })
                },
              }
            : {},
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        })),
      ),
    }),
  )
  await miniflare.ready
  return { miniflare, version: versionOf('workerd') }
}

/** A file of `bench/workers`. */
export function workerFile(entry: string): string {
  return join(import.meta.dirname, '../workers', entry)
}

/** The installed version of a package. */
export function versionOf(name: string): string {
  const require = createRequire(import.meta.url)
  const [root] = require.resolve.paths(name)?.filter((path) => exists(join(path, name))) ?? []
  const manifest = JSON.parse(readFileSync(join(root ?? '', name, 'package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}

function exists(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'package.json')).length > 0
  } catch {
    return false
  }
}
