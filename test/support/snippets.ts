import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare'
import { readWorkerConfig } from 'sealgate/internal'
import { ends } from './ends.ts'

const FOLDER = join(import.meta.dirname, 'seeds')

/** Where a snippet stands. */
export function pathOfSnippet(path: string): string {
  return join(FOLDER, path)
}

/** A snippet as it stands (test/support/seeds/README.md). */
export function snippet(path: string): string {
  return readFileSync(pathOfSnippet(path), 'utf8')
}

/** The values of a snippet that is a `.dev.vars`. */
export function devVars(path: string): Readonly<Record<string, string>> {
  const lines = snippet(path).matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)
  return Object.fromEntries(
    [...lines].map(([, name = '', value = '']) => [name, value.replace(/^"(.*)"$/, '$1')]),
  )
}

/** What is not said in a snippet's configuration. */
export interface SnippetWorker {
  /** The entry, under test/support/seeds; or the code of one. */
  readonly entry: string | { readonly code: string }
  /** Its wrangler.toml. Default: none, and so no variables. */
  readonly config?: string
  /** Secrets and variables beside those of the configuration. */
  readonly bindings?: Readonly<Record<string, unknown>>
  readonly flags?: readonly string[]
  readonly name?: string
}

/** A Worker of a snippet, unedited, with the variables and services of its wrangler.toml. */
export async function snippetWorker(given: SnippetWorker): Promise<V4WorkerOptions> {
  const { entry, config, bindings = {}, flags = [] } = given
  const read = config === undefined ? undefined : readWorkerConfig(pathOfSnippet(config), '')
  const { outputFiles } = await build({
    ...(typeof entry === 'string'
      ? { entryPoints: [pathOfSnippet(entry)] }
      : { stdin: { contents: entry.code, resolveDir: FOLDER, loader: 'ts' as const } }),
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022', logLevel: 'silent' },
    ...{ conditions: ['workerd', 'worker', 'import'], external: ['node:*', 'cloudflare:*'] },
  })
  const services = Object.fromEntries(
    (read?.services ?? []).map(({ binding, service }) => [binding, service]),
  )
  return {
    ...{ name: given.name ?? read?.name ?? 'snippet', modules: true, script: outputFiles[0]?.text ?? '' },
    compatibilityDate: read?.compatibility_date ?? '2026-10-23',
    compatibilityFlags: [...flags],
    bindings: { ...(read?.vars as Readonly<Record<string, string>>), ...bindings } as Record<string, string>,
    serviceBindings: services,
  }
}

/** Workers that run, and how a request reaches each. */
export interface Running {
  fetch(name: string, path: string, init?: RequestInit): Promise<Response>
  /** What they logged. */
  readonly log: readonly string[]
}

/** Starts Workers in one workerd. */
export async function runWorkers(...workers: readonly V4WorkerOptions[]): Promise<Running> {
  const log: string[] = []
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      handleStructuredLogs: ({ message }) => void log.push(message),
      workers: workers.map((worker) => ({
        ...worker,
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      })),
    }),
  )
  ends(() => miniflare.dispose())
  await miniflare.ready
  return {
    log,
    async fetch(name, path, { method = 'GET', headers, body } = {}) {
      const { hostname, port } = await miniflare.unsafeGetDirectURL(name)
      // `fetch` of Node says that a script sends it.
      const sent = request({
        hostname,
        port,
        path,
        method,
        headers: Object.fromEntries(new Headers(headers)),
      })
      sent.end(typeof body === 'string' ? body : undefined)
      const [received] = (await once(sent, 'response')) as [IncomingMessage]
      const pairs = received.rawHeaders.flatMap((name, index, all): [string, string][] =>
        index % 2 === 0 ? [[name, all[index + 1] ?? '']] : [],
      )
      return new Response(await text(received), { status: received.statusCode ?? 0, headers: pairs })
    },
  }
}
