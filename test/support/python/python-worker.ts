import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare'
import { bundleWorker } from '../worker-bundle.ts'
import { pyodidePath } from './pyodide.ts'
import { buildWheel } from './wheel.ts'
import { ends } from '../ends.ts'

export interface PythonSystemOptions {
  readonly gatewayVars: Readonly<Record<string, string>>
}

/** The gateway and Python in a Worker that binds it, in one workerd. */
export interface PythonSystem {
  gateway(path: string, body: URLSearchParams): Promise<Response>
  /** A request to the class `Default` of this Python module. */
  python(
    module: string,
    init?: { method: string; body: string } | { headers: Record<string, string> },
  ): Promise<Response>
  close(): Promise<void>
}

const WORKER = join(import.meta.dirname, 'worker')
/** Of another kit, but for the package's name. */
const SNIPPET = join(import.meta.dirname, '../seeds/002-flarelette/worker.py')
/** As in a consumer's configuration: the name that the props give is the audience. */
const GATEWAY = {
  GATEWAY_KEYS: { name: 'gateway', entrypoint: 'Keys' },
  GATEWAY_EXCHANGE: { name: 'gateway', entrypoint: 'Exchange', props: { service: 'reports' } },
}

export async function startPythonSystem({ gatewayVars }: PythonSystemOptions): Promise<PythonSystem> {
  const [gateway, python] = await Promise.all([bundleWorker('gateway'), pythonWorker()])
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      // The gateway's own log has tests elsewhere.
      handleStructuredLogs: () => undefined,
      workers: [
        {
          ...gateway,
          bindings: { ...gateway.bindings, ...gatewayVars },
          serviceBindings: { CONSUMER: 'python' },
          ratelimits: { RATE_LIMITER: { namespace_id: '1', simple: { limit: 600, period: 60 } } },
          unsafeDirectSockets: [LOOPBACK],
        },
        { ...python, unsafeDirectSockets: [LOOPBACK] },
      ],
    }),
  )
  const close = ends(() => miniflare.dispose())
  await miniflare.ready
  const [gatewayUrl, pythonUrl] = await Promise.all([
    miniflare.unsafeGetDirectURL('gateway'),
    miniflare.unsafeGetDirectURL('python'),
  ])
  return {
    gateway: (path, body) => fetch(new URL(path, gatewayUrl), { method: 'POST', body }),
    python: (module, init) => fetch(new URL(`/${module}`, pythonUrl), init),
    close,
  }
}

const LOOPBACK = { host: '127.0.0.1', port: 0 }

/** Pyodide's files beside the Worker that loads them, the package as its wheel installs it, and the modules of the folder `worker`. */
async function pythonWorker(): Promise<V4WorkerOptions> {
  const { outputFiles } = await build({
    entryPoints: [join(WORKER, 'host.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['./pyodide*', './python_stdlib.zip'],
  })
  const file = async (type: 'ESModule' | 'CompiledWasm' | 'Data' | 'Text', path: string) => ({
    ...{ type, path },
    contents: await readFile(join(pyodidePath, path)),
  })
  const wheel = await buildWheel()
  const modules = await wheel.modules()
  await wheel.remove()
  const names = (await readdir(WORKER)).filter((name) => name.endsWith('.py'))
  const sources = names.map(async (name) => [name, await readFile(join(WORKER, name), 'utf8')] as const)
  return {
    name: 'python',
    // Without Node's API, by whose names Pyodide would take this for Node.
    compatibilityDate: '2026-06-01',
    modules: [
      { type: 'ESModule', path: 'host.mjs', contents: outputFiles[0]?.text ?? '' },
      await file('ESModule', 'pyodide.mjs'),
      await file('ESModule', 'pyodide.asm.mjs'),
      await file('CompiledWasm', 'pyodide.asm.wasm'),
      await file('Data', 'python_stdlib.zip'),
      await file('Text', 'pyodide-lock.json'),
    ],
    bindings: {
      PYTHON: {
        ...modules,
        ...Object.fromEntries(await Promise.all(sources)),
        'snippet.py': await readFile(SNIPPET, 'utf8'),
      },
      JWT_ISS: 'https://gateway.internal',
      JWT_AUD: 'reports',
      JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS',
    },
    unsafeEvalBinding: 'UNSAFE_EVAL',
    serviceBindings: GATEWAY,
  }
}
