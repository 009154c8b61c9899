import { setTimeout as sleep } from 'node:timers/promises'
import {
  convertV4MiniflareOptions,
  Miniflare,
  type Request as WorkerRequest,
  Response as WorkerResponse,
  type V4WorkerOptions,
} from 'miniflare'
import { bundleWorker } from './worker-bundle.ts'

type Variables = Readonly<Record<string, string>>

export interface PlatformOptions {
  readonly gatewayVars: Variables
  readonly gatewaySecrets: Variables
  readonly consumerVars: Variables
}

/**
 * Gateway and consumer as Cloudflare runs them: `wrangler secret put` makes a new version of the gateway, which takes
 * over beside the old one, while the consumer's isolates (and with them their caches) live on.
 */
export interface Platform {
  /** Where the next request to the gateway goes. While a version takes over, to the old and the new one in turn. */
  readonly gateway: () => string
  readonly consumer: string
  /** Replaces the gateway's version. The old one still answers for `overlapMs`; then its requests run to their end. */
  deploy(secrets: Variables, overlapMs?: number): Promise<void>
  /** Ends every version of the gateway: nothing answers until the next deployment. */
  stopGateway(): Promise<void>
  /** The gateway's JWKS, as consumers get it. */
  kids(): Promise<readonly string[]>
  /** How often the consumer has fetched the JWKS. */
  readonly jwksFetches: number
  close(): Promise<void>
}

interface Version {
  readonly miniflare: Miniflare
  readonly url: string
  readonly keysUrl: string
}

/** How long requests of an old version may take to end. */
const DRAIN_MS = 1500
const JWKS_URL = 'https://jwks.internal/.well-known/jwks.json'

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const [gatewayBundle, consumerBundle] = await Promise.all([
    bundleWorker('gateway'),
    bundleWorker('consumer'),
  ])
  let versions: readonly Version[] = []
  const drains: Promise<void>[] = []
  let turn = 0
  let jwksFetches = 0
  const next = (): Version => {
    const version = versions[turn++ % versions.length]
    if (!version) throw new Error('no version of the gateway is running')
    return version
  }
  const keys = async (request: WorkerRequest): Promise<WorkerResponse> => {
    jwksFetches++
    return askKeys(next(), request.url)
  }

  const consumer = await startConsumer(consumerBundle, options.consumerVars, keys)
  const startVersion = (secrets: Variables): Promise<Version> =>
    startGateway(gatewayBundle, { ...options.gatewayVars, ...secrets }, new URL(consumer.url).host)
  versions = [await startVersion(options.gatewaySecrets)]

  return {
    gateway: () => next().url,
    consumer: consumer.url,
    async deploy(secrets, overlapMs = 0) {
      const old = versions
      const fresh = await startVersion(secrets)
      if (overlapMs > 0) {
        versions = [...old, fresh]
        await sleep(overlapMs)
      }
      versions = [fresh]
      drains.push(
        sleep(DRAIN_MS)
          .then(() => Promise.all(old.map(({ miniflare }) => miniflare.dispose())))
          .then(() => undefined),
      )
    },
    async stopGateway() {
      const old = versions
      versions = []
      await Promise.all(old.map(({ miniflare }) => miniflare.dispose()))
    },
    async kids() {
      const set = (await (await askKeys(next(), JWKS_URL)).json()) as { keys: { kid: string }[] }
      return set.keys.map(({ kid }) => kid)
    },
    get jwksFetches() {
      return jwksFetches
    },
    async close() {
      await Promise.all(drains)
      await Promise.all(versions.map(({ miniflare }) => miniflare.dispose()))
      await consumer.miniflare.dispose()
    },
  }
}

/** Asks the entrypoint `Keys` of a version, as a service binding would. */
async function askKeys({ keysUrl }: Version, url: string): Promise<WorkerResponse> {
  const response = await fetch(new URL(new URL(url).pathname, keysUrl))
  return new WorkerResponse(await response.text(), { status: response.status })
}

const LOOPBACK = { host: '127.0.0.1', port: 0 }

async function startConsumer(
  bundle: V4WorkerOptions,
  vars: Variables,
  keys: (request: WorkerRequest) => Promise<WorkerResponse>,
): Promise<{ readonly miniflare: Miniflare; readonly url: string }> {
  const miniflare = await start({
    ...bundle,
    bindings: { ...bundle.bindings, ...vars },
    serviceBindings: {
      GATEWAY_KEYS: keys,
      GATEWAY_EXCHANGE: () => new WorkerResponse('not part of this test', { status: 501 }),
    },
    unsafeDirectSockets: [LOOPBACK],
  })
  return { miniflare, url: (await miniflare.unsafeGetDirectURL('consumer')).href }
}

async function startGateway(bundle: V4WorkerOptions, values: Variables, consumer: string): Promise<Version> {
  const miniflare = await start({
    ...bundle,
    bindings: { ...bundle.bindings, ...values },
    serviceBindings: { CONSUMER: { external: { address: consumer, http: {} } } },
    // The load is one caller's; limits have tests of their own.
    ratelimits: { RATE_LIMITER: { namespace_id: '1', simple: { limit: 1_000_000, period: 60 } } },
    unsafeDirectSockets: [LOOPBACK, { ...LOOPBACK, entrypoint: 'Keys' }],
  })
  const [url, keysUrl] = await Promise.all([
    miniflare.unsafeGetDirectURL('gateway'),
    miniflare.unsafeGetDirectURL('gateway', 'Keys'),
  ])
  return { miniflare, url: url.href, keysUrl: keysUrl.href }
}

async function start(worker: V4WorkerOptions): Promise<Miniflare> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      // The logs of some thousand requests are of no use here.
      structuredWorkerdLogs: true,
      handleStructuredLogs: () => undefined,
      workers: [worker],
    }),
  )
  await miniflare.ready
  return miniflare
}
