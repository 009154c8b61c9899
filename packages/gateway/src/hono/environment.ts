import { ConfigError, generateSecret } from '@sealgate/kit'
import { base64url } from 'jose'
import { type GatewayDefinition, METHODS } from '../config/definition.ts'
import { present } from '../config/schema.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { isLoopbackHttp } from '../session/cookies.ts'
import type { AuthOptions } from './options.ts'

/** The variables that an option stands for. */
const VARIABLES = {
  domain: 'AUTH0_DOMAIN',
  clientID: 'AUTH0_CLIENT_ID',
  clientSecret: 'AUTH0_CLIENT_SECRET',
  baseURL: 'BASE_URL',
} as const

const SECRET = 'AUTH0_SESSION_ENCRYPTION_KEY'

/** What of the app's own environment its gateway reads too, as it is. */
const SHARED = [
  ...['AUTH0_BASE_URL', 'AUTH0_ORGANIZATIONS', 'AUTH0_SCOPE', 'AUTH0_LOGIN_PARAMETERS'],
  ...['LOG_LEVEL', 'LOG_HASH_KEY', 'SITE_NAME', 'RATE_LIMITER', 'RATE_LIMITER_LOGIN', 'METRICS'],
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'],
  ...['DATADOG_API_KEY', 'DATADOG_SITE', 'CF_VERSION_METADATA'],
]

/** Texts that pages about such apps print: everybody has them. */
const PRINTED = ['password_at_least_32_characters_long', 'very_long_string_with_at_least_32_characters']

const MIN_SECRET = 32

/** What a login says anyway. */
const ALWAYS = ['response_type', 'response_mode']

/** A gateway of one app: whatever comes needs a session, and a browser without one is led to log in. */
export function definitionOf({ errorOnRequiredAuth = false }: AuthOptions): GatewayDefinition {
  const login = errorOnRequiredAuth ? undefined : 'redirect'
  return {
    audiences: { app: { permissions: [], roles: [] } },
    routes: [{ match: '/*', methods: METHODS, service: 'APP', audience: 'app', login }],
  }
}

/**
 * The environment of the gateway that an app has in itself: what its options say, else what its own environment says. It
 * issues no token: its signing key is one that nobody knows.
 *
 * @throws ConfigError naming the option, and the variable in its place
 */
export function gatewayEnvironment(options: AuthOptions, env: object): object {
  const [domain, clientId, clientSecret, baseUrl] = (
    ['domain', 'clientID', 'clientSecret', 'baseURL'] as const
  ).map((option) => required(option, options[option] ?? present(env, VARIABLES[option])))
  const environment = present(env, 'WORKER_ENV') ?? (isLocal(baseUrl) ? 'dev' : 'production')
  const { scope, audience, ...others } = options.authorizationParams ?? {}
  const parameters = Object.entries(others).filter(([name]) => !ALWAYS.includes(name))
  const denylist = present(env, 'JWT_DENYLIST_NAME')
  return {
    ...pick(env, SHARED),
    WORKER_ENV: environment,
    AUTH0_DOMAIN: domain,
    AUTH0_CLIENT_ID: clientId,
    AUTH0_CLIENTS: clientId,
    AUTH0_CLIENT_SECRET: clientSecret,
    AUTH0_AUDIENCE:
      audience ??
      present(env, 'AUTH0_AUDIENCE') ??
      `${text(env, 'AUTH0_BASE_URL') ?? `https://${domain}`}/userinfo`,
    ...(scope !== undefined && { AUTH0_SCOPE: scope }),
    ...(parameters.length > 0 && { AUTH0_LOGIN_PARAMETERS: Object.fromEntries(parameters) }),
    BASE_URL: baseUrl,
    CALLBACK_PATH: options.routes?.callback ?? '/callback',
    SESSION_COOKIE_NAME: options.session?.cookie?.name,
    SESSION_SECRET: secretsOf(options, env, environment).map(keyOf).join(','),
    SESSION_STORE: storeOf(env),
    ...(typeof denylist === 'string' && { JWT_DENYLIST_NAME: denylist, ...pick(env, [denylist]) }),
    // Names the deny-list of the gateway whose issuer it is.
    JWT_ISS: present(env, 'JWT_ISS') ?? baseUrl,
    JWT_AUD: 'app',
    JWT_SECRET: generateSecret(),
    APP,
  }
}

/** In place of a service: the app itself goes on, and nothing is forwarded. */
const APP = { fetch: () => Promise.resolve(new Response(null, { status: 404 })) }

/** Says what is wrong with the gateway's environment by the option that it came from. */
export function byOption(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error
  const [option] = Object.entries(VARIABLES).find(([, name]) => error.message.startsWith(name)) ?? []
  return option === undefined ? error : new ConfigError(`auth(): ${option}: ${error.message}`)
}

function required(option: keyof typeof VARIABLES, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigError(
    `auth(): ${option} is missing: give the option, or set ${VARIABLES[option]} in the environment`,
  )
}

/** @throws ConfigError for a secret that is missing, too short, or printed where everybody reads it */
function secretsOf(options: AuthOptions, env: object, environment: unknown): readonly string[] {
  const given = options.session?.secret ?? text(env, SECRET)
  const secrets = given === undefined ? [] : [given].flat()
  if (secrets.length === 0) {
    throw new ConfigError(
      `auth(): session.secret is missing: give the option, or set ${SECRET} in the environment`,
    )
  }
  if (secrets.some(({ length }) => length < MIN_SECRET)) {
    throw new ConfigError(
      `auth(): session.secret (or ${SECRET}) must have at least ${MIN_SECRET} characters: openssl rand -base64 32`,
    )
  }
  const isStrict = environment !== 'dev' && environment !== 'test'
  if (isStrict && secrets.some((secret) => PRINTED.includes(secret))) {
    throw new ConfigError(
      `auth(): session.secret is one that documentation prints: whoever reads it opens every session. openssl rand -base64 32`,
    )
  }
  return secrets
}

/** Any text is a secret here: its bytes are what keys are derived from. */
function keyOf(secret: string): string {
  return base64url.encode(encodeUtf8(secret))
}

/**
 * Sessions are in their cookies. `cloudflare-kv` is what apps say that come from elsewhere.
 *
 * @throws ConfigError for Durable Objects, which need a gateway
 */
function storeOf(env: object): string {
  const store = present(env, 'SESSION_STORE')
  if (store === undefined || store === 'cookie' || store === 'cloudflare-kv') return 'cookie'
  throw new ConfigError(
    'auth(): SESSION_STORE must be cookie: for sessions in Durable Objects put a gateway in front of this app',
  )
}

/** True for http at this machine's own address: the one place where a browser keeps cookies without https. */
function isLocal(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && URL.canParse(baseUrl) && isLoopbackHttp(baseUrl)
}

function text(env: object, name: string): string | undefined {
  const value = present(env, name)
  return typeof value === 'string' ? value : undefined
}

function pick(env: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = present(env, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
