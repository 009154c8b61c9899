import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare'
import { startTenant, type Tenant } from 'sealgate/internal'
import { ends } from './ends.ts'
import { newSlots } from './system.ts'
import { bundleWorker } from './worker-bundle.ts'

/** The gateway as it ships, in a workerd of its own, before a mock IdP. */
export interface GatewayWorker {
  readonly url: URL
  readonly tenant: Tenant
  readonly miniflare: Miniflare
  close(): Promise<void>
}

export interface GatewayWorkerOptions {
  /** Variables and secrets beside those of its environment `dev`. */
  readonly bindings: Readonly<Record<string, string>>
  /** More of its options: services, limits. */
  readonly worker?: Pick<V4WorkerOptions, 'serviceBindings' | 'ratelimits' | 'streamingTails'>
  /** Workers beside it. */
  readonly others?: readonly V4WorkerOptions[]
  /** Gets what all of them log. Default: the log is dropped. */
  readonly onLog?: (message: string) => void
}

/** Starts it. Not by wrangler's own server, which fetches in a Worker's place and follows redirects. */
export async function startGatewayWorker(options: GatewayWorkerOptions): Promise<GatewayWorker> {
  const { bindings, worker = {}, others = [], onLog = () => undefined } = options
  const tenant = await startTenant({ quiet: true })
  const closeTenant = ends(() => tenant.close())
  const bundle = await bundleWorker('gateway')
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      handleStructuredLogs: ({ message }) => {
        onLog(message)
      },
      workers: [
        {
          ...bundle,
          ...worker,
          bindings: {
            ...bundle.bindings,
            ...newSlots(),
            AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
            AUTH0_BASE_URL: tenant.baseUrl,
            ...bindings,
          },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
        ...others,
      ],
    }),
  )
  const closeWorkers = ends(() => miniflare.dispose())
  await miniflare.ready
  return {
    tenant,
    miniflare,
    url: await miniflare.unsafeGetDirectURL('gateway'),
    async close() {
      await closeWorkers()
      await closeTenant()
    },
  }
}
