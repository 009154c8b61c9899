import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from 'miniflare'
import { ends } from '../ends.ts'
import { PATIENCE } from '../setup/patience.ts'

export interface IsolateOptions {
  /** A file in `worker/`, without its ending. */
  readonly worker: string
  /** Bundles as wrangler does (`workerd`), or as a bundler that does not know Workers (`default`). */
  readonly runtime: 'workerd' | 'default'
  readonly bindings: Readonly<Record<string, string>>
  /** Answers the Worker's service binding `KEYS`. */
  readonly keys: () => Promise<{ readonly status?: number; readonly body: string }>
}

export interface Isolate {
  /** Where it listens, without anything in front of it. */
  readonly url: string
  /** A request on a connection of its own. `abortAfterMs` resets the connection; `patienceMs` is how long it waits. */
  get(token: string, abortAfterMs?: number, patienceMs?: number): Promise<Answer>
  close(): Promise<void>
}

export type Answer = { readonly status: number; readonly text: string } | 'aborted' | 'no response'

/** A Worker in raw workerd: no proxy in front that would hide a client's disconnect from it. */
export async function startIsolate({ worker, runtime, bindings, keys }: IsolateOptions): Promise<Isolate> {
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, 'worker', `${worker}.ts`)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: runtime === 'workerd' ? ['workerd', 'import'] : ['import'],
    external: ['cloudflare:workers'],
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: 'consumer',
          modules: true,
          compatibilityDate: '2026-10-23',
          script: bundle.outputFiles[0]?.text ?? '',
          bindings,
          serviceBindings: {
            KEYS: async () => {
              const { status = 200, body } = await keys()
              return new MiniflareResponse(body, { status })
            },
          },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
    }),
  )
  const close = ends(() => miniflare.dispose())
  await miniflare.ready
  const { href } = await miniflare.unsafeGetDirectURL('consumer')
  return {
    url: href,
    get: (token, abortAfterMs, patienceMs) => get(href, token, abortAfterMs, patienceMs),
    close,
  }
}

function get(
  url: string,
  token: string,
  abortAfterMs: number | undefined,
  patienceMs = PATIENCE.wait,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = httpRequest(
      url,
      { agent: false, headers: { Authorization: `Bearer ${token}` } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    request.on('error', () => resolve('aborted'))
    request.end()
    // A reset, not a mere end: workerd notices an end only when it writes.
    if (abortAfterMs !== undefined) setTimeout(() => request.socket?.resetAndDestroy(), abortAfterMs)
    setTimeout(() => {
      resolve('no response')
      request.destroy()
    }, patienceMs).unref()
  })
}
