import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare'
import { BINDINGS_WORKER, doorModule, type Target } from './modules.ts'
import type { Binding, Module, Script, Version } from './state.ts'
import { ends } from '../ends.ts'

/** A version that runs, in a workerd of its own. */
export interface Instance {
  readonly versionId: string
  /** Where its default export answers. */
  readonly publicUrl: URL
  /** Where its entrypoints are called from other Workers. */
  readonly doorUrl: URL
  stop(): Promise<void>
}

export interface InstanceOptions {
  /** Where calls of other Workers go: `127.0.0.1:port`. */
  readonly hub: string
  /** Replaces the limit of every rate limiter. */
  readonly rateLimit?: number | undefined
  /** Receives what the version logs, a line at a time. */
  readonly onLog: (line: string) => void
}

const LOOPBACK = { host: '127.0.0.1', port: 0 }
const NAME = 'version'
const BESIDE = 'bindings'
const DATE = '2026-10-23'

/** @throws Error when workerd rejects the version */
export async function startInstance(
  script: Script,
  version: Version,
  options: InstanceOptions,
): Promise<Instance> {
  const { hub, onLog } = options
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      handleStructuredLogs: ({ message }) => {
        onLog(message)
      },
      workers: [
        workerOf(script, version, options),
        {
          name: BESIDE,
          modules: true,
          script: BINDINGS_WORKER,
          compatibilityDate: DATE,
          serviceBindings: { HUB: { external: { address: hub, http: {} } } },
        },
      ],
    }),
  )
  const close = ends(() => miniflare.dispose())
  await miniflare.ready
  const [publicUrl, doorUrl] = await Promise.all([
    miniflare.unsafeGetDirectURL(NAME),
    miniflare.unsafeGetDirectURL(NAME, 'Door'),
  ])
  return { versionId: version.id, publicUrl, doorUrl, stop: close }
}

function workerOf(script: Script, version: Version, { rateLimit }: InstanceOptions): V4WorkerOptions {
  const { bindings, compatibility_date: date, compatibility_flags: flags = [] } = version.metadata
  const of = (type: string): readonly Binding[] => bindings.filter((binding) => binding.type === type)
  const named = <Value>(type: string, value: (binding: Binding) => Value): Record<string, Value> =>
    Object.fromEntries(of(type).map((binding) => [binding.name, value(binding)]))
  return {
    name: NAME,
    // The main module comes first.
    modules: [
      { type: 'ESModule', path: 'runtime-door.js', contents: doorModule(version.mainModule) },
      ...[...version.modules].map(([path, module]) => ({ path, ...miniflareModule(module) })),
    ],
    compatibilityDate: date ?? DATE,
    compatibilityFlags: [...flags],
    bindings: {
      ...named('plain_text', ({ text }) => String(text)),
      ...named('json', ({ json }) => json as string),
      ...named('version_metadata', () => ({
        id: version.id,
        tag: version.tag ?? '',
        timestamp: version.createdOn,
      })),
      ...version.secrets,
    },
    serviceBindings: {
      ...named('service', (binding) => ({
        ...{ name: BESIDE, entrypoint: 'Binding' },
        props: { ...targetOf(binding) },
      })),
      ...named('kv_namespace', ({ namespace_id: namespace }) => ({
        ...{ name: BESIDE, entrypoint: 'Kv' },
        props: { namespace },
      })),
      ...named('assets', () => ({ name: BESIDE })),
    },
    durableObjects: named('durable_object_namespace', ({ class_name: className }) => ({
      className: String(className),
      useSQLite: true,
      unsafeUniqueKey: `${script.name}-${String(className)}`,
    })),
    analyticsEngineDatasets: named('analytics_engine', ({ dataset }) => ({ dataset: String(dataset) })),
    ratelimits: named('ratelimit', ({ namespace_id: id, simple }) => {
      const { limit, period } = simple as { limit: number; period: 10 | 60 }
      return { namespace_id: String(id), simple: { limit: rateLimit ?? limit, period } }
    }),
    unsafeDirectSockets: [LOOPBACK, { ...LOOPBACK, entrypoint: 'Door' }],
  }
}

/** What a binding of the type `service` leads to. */
export function targetOf({ service, entrypoint, props }: Binding): Target {
  return {
    service: String(service),
    ...(typeof entrypoint === 'string' && { entrypoint }),
    ...(typeof props === 'object' && props !== null && { props }),
  }
}

type MiniflareModule =
  | { readonly type: 'ESModule' | 'CommonJS' | 'Text'; readonly contents: string }
  | { readonly type: 'Data' | 'CompiledWasm'; readonly contents: Uint8Array }

function miniflareModule({ content, type }: Module): MiniflareModule {
  const text = (): string => new TextDecoder().decode(content)
  if (type.startsWith('application/javascript+module')) return { type: 'ESModule', contents: text() }
  if (type.startsWith('application/javascript')) return { type: 'CommonJS', contents: text() }
  if (type.startsWith('text/')) return { type: 'Text', contents: text() }
  return { type: type.startsWith('application/wasm') ? 'CompiledWasm' : 'Data', contents: content }
}
