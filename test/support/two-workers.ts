import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { bundleWorker } from './worker-bundle.ts'
import { ends } from './ends.ts'

/** Gateway and consumer as they ship, in one workerd. */
export interface TwoWorkers {
  /** Where the gateway is. */
  readonly url: URL
  /** Starts both anew: nothing that they held is left. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** @param values variables and secrets of the gateway, beside those of its environment `dev` */
export async function startTwoWorkers(values: Readonly<Record<string, string>>): Promise<TwoWorkers> {
  const [gateway, consumer] = await Promise.all([bundleWorker('gateway'), bundleWorker('consumer')])
  const options = convertV4MiniflareOptions({
    cf: false,
    // Their logs have tests elsewhere.
    structuredWorkerdLogs: true,
    handleStructuredLogs: () => undefined,
    workers: [
      {
        ...gateway,
        bindings: { ...gateway.bindings, ...values },
        serviceBindings: { CONSUMER: 'consumer' },
        // The load is one caller's; limits have tests of their own.
        ratelimits: { RATE_LIMITER: { namespace_id: '1', simple: { limit: 1_000_000, period: 60 } } },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      },
      {
        ...consumer,
        serviceBindings: {
          GATEWAY_KEYS: { name: 'gateway', entrypoint: 'Keys' },
          GATEWAY_EXCHANGE: { name: 'gateway', entrypoint: 'Exchange' },
        },
      },
    ],
  })
  const start = async (): Promise<{ readonly close: () => Promise<void>; readonly url: URL }> => {
    const miniflare = new Miniflare(options)
    const close = ends(() => miniflare.dispose())
    await miniflare.ready
    return { close, url: await miniflare.unsafeGetDirectURL('gateway') }
  }
  let running = await start()
  return {
    get url() {
      return running.url
    },
    async restart() {
      await running.close()
      running = await start()
    },
    close: () => running.close(),
  }
}
