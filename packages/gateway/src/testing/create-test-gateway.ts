import { type Kit, makeKit } from '@sealgate/kit'
import { createApp } from '../app.ts'
import type { AnyRoute, GatewayDefinition } from '../config/definition.ts'
import { parseConfig } from '../config/read-config.ts'
import { type Gateway, gatewaysOf } from '../gateway.ts'
import { serviceEnvironment } from './service-environment.ts'
import { sessionObjects } from './session-objects.ts'
import { createTestAuth0, type TestAuth0, type TestUser } from './test-auth0.ts'
import { randomSecret, withKeys } from './test-keys.ts'

/**
 * A service of a test: a function, or the Worker itself (a Hono app, an `export default`), which then gets the environment
 * that {@link TestGateway.serviceEnv} gives for the audience of its routes.
 */
export type TestService =
  | ((request: Request) => Response | Promise<Response>)
  | { fetch(request: Request, env: never, ctx: never): Response | Promise<Response> }

/** What a test gateway is made of; everything has a default. */
export interface TestGatewayOptions {
  /**
   * Variables and bindings of the gateway, as in its `wrangler.jsonc`. Each has a default that makes the gateway whole,
   * logins included. Keys and secrets that it names and does not hold are made.
   */
  readonly env?: Readonly<Record<string, unknown>>
  /** By name of their binding, or by their origin. Default: one that responds with `{ "service": "NAME" }`. */
  readonly services?: Readonly<Record<string, TestService>>
  /** Seconds since the epoch. Default: the runtime's clock. */
  readonly now?: () => number
}

/** A request that reached a service. */
export interface Forwarded {
  /** Name of its binding. */
  readonly service: string
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Headers
  /** The internal token; `undefined` on a route that sends none. */
  readonly token: string | undefined
}

/** A gateway in a test. It holds no socket and no timer: there is nothing to close. */
export interface TestGateway {
  /** The origin that paths are of: `BASE_URL`, else `https://gateway.test`. */
  readonly origin: string
  /** The Auth0 tenant in front of which the gateway stands. */
  readonly auth0: TestAuth0
  /** What reached services, the first first. */
  readonly forwarded: readonly Forwarded[]
  /** Sends a request to the public face. */
  fetch(path: string | Request, init?: RequestInit): Promise<Response>
  /**
   * Logs a user in, through the gateway's own routes.
   *
   * @returns the `Cookie` header of the session
   * @throws Error when the login fails, saying where
   */
  login(user?: TestUser): Promise<string>
  /**
   * The kit of a service, with the keys and the clock of this gateway.
   *
   * @throws Error for an audience that the definition lacks
   */
  kit(audience: string): Kit
  /**
   * The environment of a service: who issues its tokens, their keys, and the gateway's `Exchange` for `delegate`.
   *
   * @throws Error for an audience that the definition lacks
   */
  serviceEnv(audience: string): Readonly<Record<string, unknown>>
  /** The time of this gateway, in seconds since the epoch. */
  readonly now: () => number
  /** Moves this gateway's clock. A service that is a whole Worker has a clock of its own. */
  advance(seconds: number): void
}

/**
 * Makes a gateway for a test, on Node and in vitest's Workers pool. Sessions are in memory, by the rules of their Durable
 * Object, unless `env` says `SESSION_STORE` or brings `SESSIONS`. It draws random numbers: call it in a test or a hook.
 *
 * ```ts
 * const gateway = await createTestGateway(definition, { services: { REPORTS: reports } })
 * const token = await gateway.auth0.token({ permissions: ['read:reports'] })
 * const response = await gateway.fetch('/api/reports', { headers: { Authorization: `Bearer ${token}` } })
 * ```
 *
 * @throws ConfigError as a deployment with this definition and environment would
 */
export async function createTestGateway(
  definition: GatewayDefinition,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const { env: given = {}, services = {}, now: clock = () => Date.now() / 1000 } = options
  let ahead = 0
  const now = (): number => clock() + ahead
  const forwarded: Forwarded[] = []
  const audiences = new Map<string, Readonly<Record<string, unknown>>>()

  const serviceEnv = (audience: string): Readonly<Record<string, unknown>> => {
    const known = audiences.get(audience)
    if (known) return known
    const made = serviceEnvironment(env, config, audience, gateway)
    audiences.set(audience, made)
    return made
  }

  const bound = bindings(definition, services, forwarded, serviceEnv)
  const env: Record<string, unknown> = await withKeys({
    ...DEFAULTS,
    // An MCP server is named by it.
    ...(definition.routes.some(({ mcp }) => mcp) && { BASE_URL: ORIGIN }),
    SESSION_SECRET: randomSecret(32),
    SESSIONS: sessionObjects(async () => auth0ClientOf(await gateway()), now),
    ...bound,
    ...given,
  })
  const config = parseConfig(env, definition)
  const auth0 = await createTestAuth0(config, now)
  const send: typeof globalThis.fetch = (input, init) => {
    const origin = bound[new URL(input instanceof Request ? input.url : input).origin]
    return origin ? origin.fetch(new Request(input, init)) : auth0.fetch(input, init)
  }
  const gatewayOf = gatewaysOf(definition, { now, fetch: send })
  const gateway = (): Gateway | Promise<Gateway> => gatewayOf(env)
  await gateway()
  const app = createApp(gatewayOf)
  const origin = config.baseUrl ?? ORIGIN

  const fetch: TestGateway['fetch'] = async (path, init) => {
    const request =
      typeof path === 'string' ? new Request(new URL(path, origin), init) : new Request(path, init)
    return app.fetch(request, env, context())
  }

  return {
    origin,
    auth0,
    forwarded,
    fetch,
    async login(user) {
      const started = await fetch('/auth/login')
      const location = started.headers.get('Location')
      if (started.status !== 302 || location === null) throw await failedLogin('start', started)
      const back = auth0.authorize(location, user)
      const ended = await fetch(back.href, { headers: { Cookie: cookiesSet(started) } })
      const cookies = cookiesSet(ended)
      if (ended.status >= 400 || cookies === '') throw await failedLogin('end', ended)
      return cookies
    },
    kit: (audience) => makeKit(serviceEnv(audience), { now }),
    serviceEnv,
    now,
    advance(seconds) {
      ahead += seconds
    },
  }
}

/** Where a gateway is whose environment does not say it. */
const ORIGIN = 'https://gateway.test'

const DEFAULTS = {
  WORKER_ENV: 'test',
  AUTH0_DOMAIN: 'tenant.test',
  AUTH0_AUDIENCE: 'https://api.test',
  AUTH0_ROLES_CLAIM: 'https://sealgate.test/roles',
  AUTH0_CLIENT_ID: 'web',
  AUTH0_CLIENT_SECRET: 'test-client-secret-of-the-gateway',
  JWT_ISS: 'https://gateway.internal',
  JWT_AUD: 'gateway',
}

function auth0ClientOf({ sessions }: Gateway) {
  if (!sessions) throw new Error('there is no login: AUTH0_CLIENT_ID or SESSION_SECRET is not set')
  return sessions.auth0
}

/** A binding for each service that a route or the test names. */
function bindings(
  { routes }: GatewayDefinition,
  services: NonNullable<TestGatewayOptions['services']>,
  forwarded: Forwarded[],
  serviceEnv: (audience: string) => object,
): Record<string, { fetch(request: Request): Promise<Response> }> {
  const names = new Set([...routes.map(targetOf), ...Object.keys(services)])
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      {
        async fetch(request) {
          forwarded.push(recordOf(name, request))
          const service = services[name]
          if (service === undefined) return Response.json({ service: name })
          if (typeof service === 'function') return service(request)
          const route = routes.find((one) => targetOf(one) === name && one.auth !== 'none')
          const audience = route && 'audience' in route ? route.audience : undefined
          const env = audience === undefined ? {} : serviceEnv(audience)
          return service.fetch(request, env as never, context() as never)
        },
      },
    ]),
  )
}

/** The binding or the origin that a route goes to. */
function targetOf({ service, origin }: AnyRoute): string {
  return service ?? origin ?? ''
}

function recordOf(service: string, { method, url, headers }: Request): Forwarded {
  const { pathname, search } = new URL(url)
  const token = /^Bearer (.+)$/.exec(headers.get('Authorization') ?? '')?.[1]
  return { service, method, path: `${pathname}${search}`, headers: new Headers(headers), token }
}

function context(): ExecutionContext {
  // Nothing ends a request of a test before its promises end.
  return { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as never
}

/** The cookies that a response sets, as a browser would send them back. */
function cookiesSet({ headers }: Response): string {
  return headers
    .getSetCookie()
    .filter((cookie) => !/; *max-age=0(;|$)/i.test(cookie))
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

async function failedLogin(step: string, response: Response): Promise<Error> {
  return new Error(`the login failed at its ${step}: status ${response.status}, ${await response.text()}`)
}
