import {
  createKit,
  type DenylistStore,
  type FetchService,
  type Kit,
  type KitConfig,
  type Revocation,
} from '@sealgate/kit'

/**
 * A consumer whose clock, key source and deny-list the test rules, one kit a name. Each request says which kit, and
 * what time it is for it:
 *
 * - `X-Kit`: the name, and the path of its JWKS
 * - `X-Clock`: seconds since the epoch
 * - `X-Options`: JSON, read when the kit is made (see `KitOptions`)
 * - `X-Store`: how KV behaves for this request (see `STORES`)
 */
interface KitOptions {
  readonly issuer: string
  readonly source: 'service' | 'url'
  readonly leewaySeconds?: number
  readonly denylistOnError?: 'closed' | 'open'
}

interface Env {
  readonly KEYS: FetchService
  readonly KEYS_URL: string
  readonly DENYLIST: DenylistStore
}

interface Clocked {
  readonly kit: Kit
  now: number
  store: string
  reads: number
  readonly events: string[]
  /** What KV's edge cache holds. */
  readonly cached: Map<string, { readonly value: unknown; readonly until: number }>
}

const kits = new Map<string, Clocked>()

/** Signature checks of this isolate: a hit of the token cache makes none. */
let verifications = 0
const verify = crypto.subtle.verify.bind(crypto.subtle)
crypto.subtle.verify = (...args: Parameters<typeof verify>) => {
  verifications++
  return verify(...args)
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const clocked = clockedKit(request, env)
    clocked.now = Number(request.headers.get('X-Clock'))
    clocked.store = request.headers.get('X-Store') ?? 'well'
    if (request.method === 'POST') {
      await clocked.kit.revoke((await request.json()) as Revocation)
      return new Response(null, { status: 204 })
    }
    verifications = 0
    const decision = await clocked.kit.authorize(request)
    return Response.json({
      ...(decision.granted ? { status: 200, reason: 'granted' } : decision),
      verifications,
      reads: clocked.reads,
      events: clocked.events.splice(0),
    })
  },
}

function clockedKit(request: Request, env: Env): Clocked {
  const name = request.headers.get('X-Kit') ?? ''
  const known = kits.get(name)
  if (known) return known
  const { source, ...options } = JSON.parse(request.headers.get('X-Options') ?? '{}') as KitOptions
  const service: FetchService = {
    fetch: (_url, init) => env.KEYS.fetch(`https://jwks.internal/${name}`, init),
  }
  const config: KitConfig = {
    ...options,
    audience: 'reports',
    verify: source === 'url' ? { jwksUrl: `${env.KEYS_URL}/${name}` } : { jwksService: service },
    ...(options.denylistOnError && { denylist: storeOf(() => clocked, env.DENYLIST) }),
    now: () => clocked.now,
    logLevel: 'off',
    onEvent: ({ event, detail }) => clocked.events.push(detail === undefined ? event : `${event}: ${detail}`),
  }
  const clocked: Clocked = {
    kit: createKit(config),
    now: 0,
    store: 'well',
    reads: 0,
    events: [],
    cached: new Map(),
  }
  kits.set(name, clocked)
  return clocked
}

type Get = DenylistStore['get']

/** KV's edge cache keeps what it read, and that there was nothing, for a minute. */
const EDGE_CACHE_SECONDS = 60

/** The ways in which KV can behave. */
const STORES: Readonly<Record<string, (kv: Get, clocked: Clocked) => Get>> = {
  well: (kv) => kv,
  throwing: () => () => Promise.reject(new Error('KV GET failed: 500')),
  slow: () => () => new Promise(() => undefined),
  stale:
    (kv, { cached, now }) =>
    async (keys, options) => {
      const missing = keys.filter((key) => (cached.get(key)?.until ?? 0) <= now)
      if (missing.length > 0) {
        for (const [key, value] of await kv(missing, options))
          cached.set(key, { value, until: now + EDGE_CACHE_SECONDS })
      }
      return new Map(keys.map((key) => [key, cached.get(key)?.value ?? null]))
    },
}

function storeOf(current: () => Clocked, kv: DenylistStore): DenylistStore {
  return {
    get(keys, options) {
      const clocked = current()
      clocked.reads++
      const behave = STORES[clocked.store] ?? ((get: Get) => get)
      return behave((...args) => kv.get(...args), clocked)(keys, options)
    },
    put: (key, value, options) => kv.put(key, value, options),
  }
}
