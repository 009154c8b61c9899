import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import {
  convertV4MiniflareOptions,
  Miniflare,
  Response as WorkerResponse,
  type V4WorkerOptions,
} from 'miniflare'
import { demoClients, keygen, REALM, type Tenant } from 'sealgate/internal'
import { bundleWorker } from './worker-bundle.ts'
import { ORIGIN } from './browser.ts'
import { newSlots } from './system.ts'
import { ends } from './ends.ts'

/** The gateway as it should be, and others, each with one thing that is wrong or different. */
export type GatewayName =
  | 'gateway'
  | 'password realm'
  | 'limited'
  | 'without its limiter'
  | 'without its deny-list'
  | 'without its sessions'
  | 'with sessions in cookies'
  | 'with HS512'
  | 'with a client'
  | 'with more issuers'
  | 'with a name beyond a token'
  | 'with a hook that fails'
  | 'without a key that may sign'
  | 'misconfigured'

/** How services are bound to the entrypoint: as `reports`, to a gateway that signs with HS512, without props. */
export type CallerBinding = 'EXCHANGE' | 'WITH_HS512' | 'WITHOUT_PROPS'

/** Gateways in real workerd, each behind a real socket. */
export interface Gateways {
  readonly addresses: Readonly<Record<GatewayName, URL>>
  /** Calls a method of an entrypoint `Exchange`, as a service does, and answers with what it was told. */
  call(binding: CallerBinding, method: string, ...args: readonly unknown[]): Promise<Response>
  /** What only the gateways may know. */
  readonly secrets: readonly string[]
  /** What the Workers have printed so far. */
  readonly log: () => string
  close(): Promise<void>
}

const AUDIENCES = { reports: { permissions: ['read:reports', 'manage:users'], roles: ['analyst'] } }
const route = { methods: ['GET', 'POST'], service: 'SERVICE', audience: 'reports' }
const ROUTES = [
  { ...route, match: '/api/*', identityHeaders: true },
  { ...route, match: '/admin/*', require: ['manage:users'] },
  { ...route, match: '/slow', timeoutMs: 50 },
  { ...route, match: '/pages/*', login: 'redirect' },
]

/** Services: what they are told is a token, or a code and a status. */
const SERVICES = `export default {
  async fetch(request, env) {
    const { binding, method, args } = await request.json()
    const told = await env[binding][method](...args)
    return told.ok ? Response.json(told) : Response.json({ error: told.code }, { status: told.status })
  },
}`

/** A class of the name that the gateway looks for, which answers nothing. */
const NO_SESSIONS = `import { DurableObject } from 'cloudflare:workers'
export class Session extends DurableObject {}
export default { fetch: () => new Response() }`

/** What one of the gateways has in place of the usual. */
type Other = Readonly<
  Partial<Pick<Required<V4WorkerOptions>, 'ratelimits' | 'kvNamespaces' | 'durableObjects'>>
> & {
  readonly serviceBindings?: Readonly<Record<string, string>>
}

/** An issuer whose keys cannot be had: nothing listens on the port discard. */
export const UNREACHABLE_ISSUER = 'http://127.0.0.1:9/'

/** An MCP server for which identity assertions of the tenant count. */
const ENTERPRISE_ROUTE = {
  match: '/mcp/reports',
  service: 'SERVICE',
  audience: 'reports',
  mcp: { name: 'Reports', scopes: ['read:reports'], enterprise: { issuers: ['tenant'] } },
}

const LOOPBACK = { host: '127.0.0.1', port: 0 }

export async function startGateways(tenant: Tenant): Promise<Gateways> {
  const bundle = await bundleWorker('gateway')
  const { web, backoffice } = demoClients
  const slots = newSlots()
  const client = JSON.stringify({ stranger: createHash('sha256').update('secret').digest('hex') })
  const sessionSecret = randomBytes(32).toString('base64url')
  const jwtSecret = keygen('secret')
  const common = {
    ...bundle.bindings,
    ...slots,
    AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
    AUTH0_BASE_URL: tenant.baseUrl,
    AUTH0_CLIENT_ID: web.clientId,
    AUTH0_CLIENT_SECRET: web.clientSecret,
    SESSION_SECRET: sessionSecret,
    BASE_URL: ORIGIN,
    AUDIENCES: JSON.stringify(AUDIENCES),
    ROUTES: JSON.stringify(ROUTES),
  }
  const realm = {
    AUTH0_CONNECTION: REALM,
    AUTH0_CLIENT_ID: backoffice.clientId,
    AUTH0_CLIENT_SECRET: backoffice.clientSecret,
  }
  const gateway = (bindings: Readonly<Record<string, string>>, more: Other = {}): V4WorkerOptions => ({
    ...bundle,
    ...more,
    bindings: { ...common, ...bindings },
    serviceBindings: { SERVICE: answer, ...more.serviceBindings },
    unsafeDirectSockets: [LOOPBACK],
  })
  // What is bound has every method, as far as one can see, and each of them fails.
  const broken = (name: string): Other => ({
    serviceBindings: { [name]: 'without-sessions' },
  })
  const workers: Readonly<Record<GatewayName, V4WorkerOptions>> = {
    gateway: gateway({}),
    'password realm': gateway(realm),
    limited: gateway(
      {},
      { ratelimits: { RATE_LIMITER: { namespace_id: '7', simple: { limit: 1, period: 60 } } } },
    ),
    'without its limiter': gateway(realm, broken('RATE_LIMITER')),
    'without its deny-list': gateway({}, { kvNamespaces: [], ...broken('DENYLIST') }),
    'without its sessions': gateway(
      {},
      { durableObjects: { SESSIONS: { className: 'Session', scriptName: 'without-sessions' } } },
    ),
    'with sessions in cookies': gateway({ SESSION_STORE: 'cookie', JWT_DENYLIST_NAME: '' }),
    'with HS512': gateway({ JWT_PRIVATE_JWK_NAME: '', JWT_SECRET: jwtSecret, JWKS_PUBLIC: 'true' }),
    'with a client': gateway({ EXCHANGE_CLIENTS: client }),
    'with more issuers': gateway({
      EXCHANGE_CLIENTS: client,
      EXCHANGE_PUBLIC: 'true',
      ISSUERS: JSON.stringify([{ issuer: UNREACHABLE_ISSUER, audience: tenant.audience, profile: 'jwt' }]),
      ROUTES: JSON.stringify([...ROUTES, ENTERPRISE_ROUTE]),
    }),
    'with a name beyond a token': gateway({ GATEWAY_NAME: 'x'.repeat(8192) }),
    'with a hook that fails': { ...gateway({}), script: await hookedScript() },
    'without a key that may sign': gateway({ GATEWAY_PRIVATE_A: tooEarly(slots), GATEWAY_PRIVATE_B: '' }),
    misconfigured: gateway({ JWT_ISS: '' }),
  }
  const names = Object.keys(workers) as GatewayName[]
  const module = { modules: true, compatibilityDate: bundle.compatibilityDate ?? '' } as const
  let log = ''
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      structuredWorkerdLogs: true,
      handleStructuredLogs: ({ message }) => {
        log += `${message}\n`
      },
      workers: [
        ...names.map((name) => ({ ...workers[name], name: nameOf(name) })),
        { ...module, name: 'without-sessions', script: NO_SESSIONS, durableObjects: { SESSIONS: 'Session' } },
        {
          ...module,
          name: 'services',
          script: SERVICES,
          serviceBindings: {
            EXCHANGE: exchangeOf('gateway', 'reports'),
            WITH_HS512: exchangeOf('with HS512', 'reports'),
            WITHOUT_PROPS: exchangeOf('gateway'),
          },
          unsafeDirectSockets: [LOOPBACK],
        },
      ],
    }),
  )
  const close = ends(() => miniflare.dispose())
  await miniflare.ready
  const addresses = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(nameOf(name))))
  const services = await miniflare.unsafeGetDirectURL('services')
  return {
    addresses: Object.fromEntries(
      names.map((name, index) => [name, addresses[index]]),
    ) as Gateways['addresses'],
    call: (binding, method, ...args) =>
      fetch(services, { method: 'POST', body: JSON.stringify({ binding, method, args }) }),
    secrets: [
      sessionSecret,
      jwtSecret,
      web.clientSecret,
      backoffice.clientSecret,
      ...Object.values(slots).map((slot) => (JSON.parse(slot) as { d: string }).d),
    ],
    log: () => log,
    close,
  }
}

/** The definition of another gateway: hooks are code, and no variable replaces them. */
async function hookedScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'hooked-gateway.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'import'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** The slot of tomorrow. */
function tooEarly({ GATEWAY_PRIVATE_A: slot }: ReturnType<typeof newSlots>): string {
  return JSON.stringify({ ...(JSON.parse(slot) as object), nbf: Math.floor(Date.now() / 1000) + 86_400 })
}

function exchangeOf(
  name: GatewayName,
  service?: string,
): { name: string; entrypoint: string; props?: Record<string, unknown> } {
  return { name: nameOf(name), entrypoint: 'Exchange', ...(service !== undefined && { props: { service } }) }
}

function nameOf(name: GatewayName): string {
  return name.replaceAll(' ', '-')
}

/** The service behind the gateway: it says what it was told of its caller, late where it should not answer at all. */
async function answer({
  url,
  headers,
}: {
  readonly url: string
  readonly headers: Headers
}): Promise<WorkerResponse> {
  if (new URL(url).pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1000))
  return WorkerResponse.json({ userId: headers.get('X-User-ID') })
}
