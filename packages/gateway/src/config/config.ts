import { ConfigError, envMode } from '@sealgate/kit'
import type { JwksStore } from '@sealgate/kit/external'
import * as z from 'zod'
import type { AudienceDefinition, GatewayDefinition } from './definition.ts'
import { audiences, flag, json, list, routes, seconds } from './schema.ts'
import type { RateLimiter } from '../rate-limit.ts'
import { RouteTable } from './route-table.ts'
import { type SessionConfig, sessionConfig } from './session.ts'

/** Where Auth0's tokens come from and which of them count. */
export interface Auth0Config {
  /** With its trailing slash, compared exactly. */
  readonly issuer: string
  readonly jwksUrl: string
  readonly audience: string
  /** Client ids whose tokens may be exchanged; `undefined`: any (never in production or staging). */
  readonly clients: ReadonlySet<string> | undefined
  /** Organizations whose tokens count; `any` passes `org_id` on for the service to check. */
  readonly organizations: ReadonlySet<string> | 'any'
  readonly rights: 'permissions' | 'scope' | 'both'
  readonly rolesClaim: string | undefined
  readonly profile: 'auth0' | 'rfc9068'
}

/** The gateway as a client of Auth0: for logins and the password realm. */
export interface LoginConfig {
  /** Auth0's issuer, with its trailing slash. */
  readonly issuer: string
  /** The API that access tokens are for. */
  readonly audience: string
  readonly clientId: string
  readonly clientSecret: string
  /** The scope of a login. */
  readonly scope: string
  /** The realm of the password route; `undefined`: the route is off. */
  readonly connection: string | undefined
}

/** Everything that the gateway knows from its environment, checked. Times in seconds. */
export interface Config {
  readonly environment: 'production' | 'staging' | 'test' | 'dev'
  readonly auth0: Auth0Config
  /** The gateway's own issuer: the kit's. */
  readonly issuer: string
  /** The gateway's `sub` in `act`. */
  readonly name: string
  readonly ttlSeconds: number
  readonly maxTtlSeconds: number
  readonly mode: 'EdDSA' | 'HS512'
  /** HS512 with a secret of its own for each audience: audience → name of the secret binding. */
  readonly secretsByAudience: ReadonlyMap<string, string> | undefined
  readonly audiences: ReadonlyMap<string, AudienceDefinition>
  readonly routes: RouteTable
  /** Service bindings by name. */
  readonly services: ReadonlyMap<string, Service>
  readonly exchange: {
    /** Client id → SHA-256 of its secret. */
    readonly clients: ReadonlyMap<string, Uint8Array>
    /** Whether a caller without client authentication may exchange. */
    readonly isPublic: boolean
  }
  readonly jwksPublic: boolean
  /** Exact origins whose pages may read answers. Empty: no CORS headers. */
  readonly corsOrigins: ReadonlySet<string>
  /** `undefined`: no login and no password realm. */
  readonly login: LoginConfig | undefined
  /** `undefined`: no login; the client of Auth0, if there is one, is for the password realm alone. */
  readonly session: SessionConfig | undefined
  /** The gateway's own public origin, without a trailing slash; `undefined`: the request's. */
  readonly baseUrl: string | undefined
  readonly rateLimiter: RateLimiter | undefined
  /** Whether revocations can be written (`JWT_DENYLIST_NAME`). */
  readonly hasDenylist: boolean
  /** Audiences that `Admin.sign` may issue for. */
  readonly adminSign: ReadonlySet<string>
  /** Second tier for Auth0's JWKS, written by this gateway alone. */
  readonly jwksStore: JwksStore | undefined
  /** Where the program that runs the development system takes orders; `undefined` anywhere else. */
  readonly devControl: string | undefined
  readonly datadog: { readonly apiKey: string; readonly site: string } | undefined
}

/** A service binding, as far as forwarding needs it. */
export interface Service {
  fetch(request: Request): Promise<Response>
}

const required = (example: string): z.ZodString => z.string(`is required: set it to ${example}`)

/** Every variable that the gateway itself reads. The kit reads its own (`JWT_*`). */
const VARIABLES = z.object({
  WORKER_ENV: z
    .enum(['production', 'staging', 'test', 'dev'], 'must be production, staging, test or dev')
    .default('production'),
  AUTH0_DOMAIN: required('your tenant, for example tenant.us.auth0.com').regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i,
    'must be a host name alone, for example tenant.us.auth0.com',
  ),
  AUTH0_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://login.example.com' })
    .optional(),
  AUTH0_AUDIENCE: required('the identifier of your API at Auth0'),
  AUTH0_CLIENTS: list.optional(),
  AUTH0_ORGANIZATIONS: list.default([]),
  AUTH0_RIGHTS: z
    .enum(['permissions', 'scope', 'both'], 'must be permissions, scope or both')
    .default('permissions'),
  AUTH0_ROLES_CLAIM: z.string().optional(),
  AUTH0_TOKEN_PROFILE: z.enum(['auth0', 'rfc9068'], 'must be auth0 or rfc9068').default('auth0'),
  GATEWAY_NAME: z.string().default('gateway'),
  JWT_ISS: required('the issuer of your internal tokens, for example https://gateway.internal'),
  JWT_TTL_SECONDS: seconds.optional(),
  JWT_MAX_TTL_SECONDS: seconds.default(3600),
  JWT_SECRETS_BY_AUDIENCE: json(
    z.record(z.string(), z.string().min(1), 'must be JSON: audience to name of the secret binding'),
  ).optional(),
  AUDIENCES: json(audiences).optional(),
  ROUTES: json(routes).optional(),
  EXCHANGE_CLIENTS: json(
    z.record(z.string().min(1), z.string(), 'must be JSON: client id to SHA-256 of its secret'),
  ).optional(),
  EXCHANGE_PUBLIC: flag.optional(),
  JWKS_PUBLIC: flag.default(false),
  CORS_ORIGINS: list.default([]),
  AUTH0_CLIENT_ID: z.string().optional(),
  AUTH0_CLIENT_SECRET: z.string().optional(),
  AUTH0_SCOPE: z.string().default('openid profile email offline_access'),
  AUTH0_CONNECTION: z.string().optional(),
  BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://app.example.com' })
    .optional(),
  SESSION_SECRET: z.string().optional(),
  SESSION_STORE: z.enum(['do', 'cookie'], 'must be do or cookie').default('do'),
  ADMIN_SIGN: list.default([]),
  DEV_CONTROL: z
    .url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/, error: 'must be on loopback' })
    .optional(),
  DATADOG_API_KEY: z.string().optional(),
  DATADOG_SITE: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'must be a site such as datadoghq.com')
    .default('datadoghq.com'),
})

type Variables = z.infer<typeof VARIABLES>

/** Other names under which a variable is accepted. */
const ALIASES: Readonly<Record<string, string>> = {
  AUTH0_AUDIENCE: 'AUTH0_AUTHENTICATION_AUDIENCE',
  SESSION_SECRET: 'AUTH0_SESSION_ENCRYPTION_KEY',
}

const DEFAULT_TTL_SECONDS = 900

/**
 * Reads the environment (docs/environment.md).
 *
 * @param definition audiences and routes, unless `AUDIENCES` and `ROUTES` replace them
 * @throws ConfigError naming the variable and what to do
 */
export function parseConfig(env: object, definition: GatewayDefinition): Config {
  const variables = readVariables(env)
  const { WORKER_ENV: environment, AUTH0_DOMAIN, AUTH0_BASE_URL, AUTH0_CLIENTS: clients } = variables
  const isStrict = environment === 'production' || environment === 'staging'
  if (isStrict && (clients === undefined || clients.length === 0)) {
    reject(
      'AUTH0_CLIENTS',
      `is required in ${environment}: list the client ids whose tokens may be exchanged`,
    )
  }
  const issuer = issuerOf(AUTH0_DOMAIN, AUTH0_BASE_URL, isStrict)
  const known = parseAudiences(variables.AUDIENCES ?? definition.audiences)
  const routeTable = new RouteTable(variables.ROUTES ?? checkRoutes(definition.routes))
  const services = bindServices(env, routeTable, known)
  const maxTtlSeconds = variables.JWT_MAX_TTL_SECONDS
  const login = loginOf(variables, issuer)
  const baseUrl = baseUrlOf(variables.BASE_URL, isStrict)
  return {
    environment,
    auth0: {
      issuer,
      jwksUrl: `${issuer}.well-known/jwks.json`,
      audience: variables.AUTH0_AUDIENCE,
      clients: clients && new Set(clients),
      organizations: organizationsOf(variables.AUTH0_ORGANIZATIONS),
      rights: variables.AUTH0_RIGHTS,
      rolesClaim: variables.AUTH0_ROLES_CLAIM,
      profile: variables.AUTH0_TOKEN_PROFILE,
    },
    issuer: variables.JWT_ISS,
    name: variables.GATEWAY_NAME,
    ttlSeconds: variables.JWT_TTL_SECONDS ?? Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds),
    maxTtlSeconds,
    ...keysOf(env, variables, known),
    audiences: known,
    routes: routeTable,
    services,
    exchange: exchangeOf(variables),
    jwksPublic: variables.JWKS_PUBLIC,
    corsOrigins: corsOriginsOf(variables.CORS_ORIGINS, isStrict),
    login,
    session: sessionConfig({
      login,
      secret: variables.SESSION_SECRET,
      store: variables.SESSION_STORE,
      namespace: present(env, 'SESSIONS'),
      clients,
      baseUrl,
      isStrict,
    }),
    baseUrl,
    rateLimiter: limiterOf(env, variables),
    hasDenylist: present(env, 'JWT_DENYLIST_NAME') !== undefined,
    jwksStore: jwksStoreOf(env),
    devControl: devControlOf(variables),
    adminSign: adminSignOf(variables.ADMIN_SIGN, known),
    datadog:
      variables.DATADOG_API_KEY === undefined
        ? undefined
        : { apiKey: variables.DATADOG_API_KEY, site: variables.DATADOG_SITE },
  }
}

function readVariables(env: object): Variables {
  const given = Object.keys(VARIABLES.shape).flatMap((name): [string, unknown][] => {
    const value = present(env, name) ?? present(env, ALIASES[name])
    return value === undefined ? [] : [[name, value]]
  })
  const parsed = VARIABLES.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  )
}

/** An empty string is unset: that is how `wrangler.jsonc` switches a variable off. */
function present(env: object, name: string | undefined): unknown {
  const value: unknown = name === undefined ? undefined : Reflect.get(env, name)
  return value === '' || value === null ? undefined : value
}

/** @throws ConfigError for plain http, but on this machine in `test` and `dev`; and for two hosts */
function issuerOf(domain: string, baseUrl: string | undefined, isStrict: boolean): string {
  if (baseUrl === undefined) return `https://${domain.toLowerCase()}/`
  const { protocol, host, hostname, pathname, search, hash, username } = new URL(baseUrl)
  if (pathname !== '/' || search !== '' || hash !== '' || username !== '') {
    reject('AUTH0_BASE_URL', 'must be scheme and host alone, for example https://login.example.com')
  }
  if (host !== domain.toLowerCase()) {
    reject('AUTH0_BASE_URL', 'names another host than AUTH0_DOMAIN: make them agree, or remove it')
  }
  const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
  if (protocol !== 'https:' && (isStrict || !isLoopback)) {
    reject('AUTH0_BASE_URL', 'must be https (http only on loopback, in WORKER_ENV test or dev)')
  }
  return `${protocol}//${host}/`
}

function parseAudiences(given: unknown): ReadonlyMap<string, AudienceDefinition> {
  const parsed = audiences.safeParse(given)
  if (!parsed.success) throw definitionError('AUDIENCES', parsed.error)
  if (Object.keys(parsed.data).length === 0) reject('AUDIENCES', 'names no audience: nothing could be issued')
  return new Map(
    Object.entries(parsed.data).map(([audience, { permissions, roles, actors = [] }]) => [
      audience,
      { permissions: [...new Set(permissions)], roles: [...new Set(roles)], actors },
    ]),
  )
}

function checkRoutes(given: unknown): z.infer<typeof routes> {
  const parsed = routes.safeParse(given)
  if (!parsed.success) throw definitionError('ROUTES', parsed.error)
  return parsed.data
}

function definitionError(variable: string, error: z.ZodError): ConfigError {
  const problems = error.issues.map(({ path, message }) => `${[variable, ...path].join('.')} ${message}`)
  return new ConfigError(`${problems.join('; ')} (from ${variable}, or from gateway.config.ts)`)
}

/** Finds the binding of every route, and rejects routes for audiences and permissions that do not exist. */
function bindServices(
  env: object,
  { routes }: RouteTable,
  known: ReadonlyMap<string, AudienceDefinition>,
): ReadonlyMap<string, Service> {
  for (const route of routes) {
    if (route.auth === 'none') continue
    if (!known.has(route.audience)) {
      reject('ROUTES', `${route.match} is for the audience ${route.audience}, which is not in AUDIENCES`)
    }
    const ceiling = known.get(route.audience)?.permissions
    const unknown = [
      ...route.require,
      ...(route.grant ?? []),
      ...(route.auth === 'anonymous' ? route.anonymousGrant : []),
    ].find((one) => ceiling?.includes(one) !== true)
    if (unknown !== undefined) {
      reject('ROUTES', `${route.match} names ${unknown}, which the audience ${route.audience} never carries`)
    }
  }
  const names = [...new Set(routes.map(({ service }) => service))]
  return new Map(
    names.map((name) => {
      const binding = present(env, name)
      if (!isService(binding)) {
        throw new ConfigError(
          `ROUTES names the service ${name}, which is no service binding: add it to "services" in wrangler.jsonc`,
        )
      }
      return [name, binding]
    }),
  )
}

function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && 'fetch' in value && typeof value.fetch === 'function'
}

function organizationsOf(names: readonly string[]): Auth0Config['organizations'] {
  return names.includes('*') ? 'any' : new Set(names)
}

function keysOf(
  env: object,
  { JWT_SECRETS_BY_AUDIENCE: secrets }: Variables,
  known: ReadonlyMap<string, AudienceDefinition>,
): Pick<Config, 'mode' | 'secretsByAudience'> {
  if (secrets === undefined) return { mode: envMode(env, 'producer'), secretsByAudience: undefined }
  for (const name of ['JWT_PRIVATE_JWK_NAME', 'JWT_PRIVATE_JWK', 'JWT_SECRET_NAME', 'JWT_SECRET']) {
    if (present(env, name) !== undefined) {
      reject('JWT_SECRETS_BY_AUDIENCE', `and ${name} are both set: remove one`)
    }
  }
  const missing = [...known.keys()].find((audience) => !Object.hasOwn(secrets, audience))
  if (missing !== undefined)
    reject('JWT_SECRETS_BY_AUDIENCE', `has no secret for the audience ${missing}: add one`)
  const names = Object.values(secrets)
  // What stands there in place of a name may be the secret itself: it is not quoted.
  if (new Set(names).size < names.length) {
    reject('JWT_SECRETS_BY_AUDIENCE', 'gives one secret to two audiences: each needs a secret of its own')
  }
  return { mode: 'HS512', secretsByAudience: new Map(Object.entries(secrets)) }
}

function loginOf(variables: Variables, issuer: string): LoginConfig | undefined {
  const {
    AUTH0_CLIENT_ID: clientId,
    AUTH0_CLIENT_SECRET: clientSecret,
    AUTH0_CONNECTION: connection,
  } = variables
  if (clientId === undefined && clientSecret === undefined) {
    if (connection !== undefined) reject('AUTH0_CONNECTION', 'needs AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET')
    return undefined
  }
  if (clientId === undefined) reject('AUTH0_CLIENT_ID', 'is missing beside AUTH0_CLIENT_SECRET: set it')
  if (clientSecret === undefined) {
    reject('AUTH0_CLIENT_SECRET', 'is missing: npx wrangler secret put AUTH0_CLIENT_SECRET')
  }
  const { AUTH0_AUDIENCE: audience, AUTH0_SCOPE: scope } = variables
  return { issuer, audience, clientId, clientSecret, scope, connection }
}

/** @throws ConfigError for plain http, but on this machine in `test` and `dev` */
function baseUrlOf(baseUrl: string | undefined, isStrict: boolean): string | undefined {
  if (baseUrl === undefined) return undefined
  const { origin, protocol, hostname } = new URL(baseUrl)
  if (baseUrl !== origin && baseUrl !== `${origin}/`) {
    reject('BASE_URL', 'must be scheme and host alone, for example https://app.example.com')
  }
  const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
  if (protocol !== 'https:' && (isStrict || !isLoopback)) {
    reject('BASE_URL', 'must be https (http only on loopback, in WORKER_ENV test or dev)')
  }
  return origin
}

/** @throws ConfigError for the password realm in production without a limiter: guessing would be free */
function limiterOf(env: object, { AUTH0_CONNECTION, WORKER_ENV }: Variables): RateLimiter | undefined {
  const binding = present(env, 'RATE_LIMITER')
  if (binding === undefined) {
    if (AUTH0_CONNECTION !== undefined && WORKER_ENV === 'production') {
      reject('AUTH0_CONNECTION', 'needs RATE_LIMITER in production: add a rate-limit binding of that name')
    }
    return undefined
  }
  if (!isLimiter(binding))
    reject('RATE_LIMITER', 'is no rate-limit binding: see "ratelimits" in wrangler.jsonc')
  return binding
}

function isLimiter(value: unknown): value is RateLimiter {
  return typeof value === 'object' && value !== null && 'limit' in value && typeof value.limit === 'function'
}

function jwksStoreOf(env: object): JwksStore | undefined {
  const binding = present(env, 'JWKS_CACHE')
  if (binding === undefined || isStore(binding)) return binding
  return reject('JWKS_CACHE', 'is no KV binding: see "kv_namespaces" in wrangler.jsonc')
}

function isStore(value: unknown): value is JwksStore {
  return (
    typeof value === 'object' &&
    value !== null &&
    'get' in value &&
    typeof value.get === 'function' &&
    'put' in value &&
    typeof value.put === 'function'
  )
}

function devControlOf({ DEV_CONTROL: url, WORKER_ENV: environment }: Variables): string | undefined {
  if (url !== undefined && environment !== 'dev') reject('DEV_CONTROL', `is for development alone: remove it`)
  return url
}

function adminSignOf(
  names: readonly string[],
  known: ReadonlyMap<string, AudienceDefinition>,
): ReadonlySet<string> {
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) reject('ADMIN_SIGN', `names ${unknown}, which is not in AUDIENCES`)
  return new Set(names)
}

/** @throws ConfigError for plain http in production and staging: whoever is on the way would be that page */
function corsOriginsOf(origins: readonly string[], isStrict: boolean): ReadonlySet<string> {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin)) {
      reject('CORS_ORIGINS', 'must list exact origins, for example https://app.example.com')
    }
    if (isStrict && !origin.startsWith('https:')) reject('CORS_ORIGINS', `has ${origin}, which is not https`)
  }
  return new Set(origins)
}

function exchangeOf({ EXCHANGE_CLIENTS, EXCHANGE_PUBLIC, WORKER_ENV }: Variables): Config['exchange'] {
  const clients = new Map(
    Object.entries(EXCHANGE_CLIENTS ?? {}).map(([id, hash]) => {
      if (!/^[0-9a-f]{64}$/i.test(hash)) {
        reject(
          'EXCHANGE_CLIENTS',
          'must have the SHA-256 of each secret as 64 hexadecimal digits (sha256sum prints it)',
        )
      }
      return [id, Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))]
    }),
  )
  return {
    clients,
    isPublic: EXCHANGE_PUBLIC ?? (EXCHANGE_CLIENTS === undefined && WORKER_ENV !== 'production'),
  }
}

function reject(variable: string, problem: string): never {
  throw new ConfigError(`${variable} ${problem}`)
}
