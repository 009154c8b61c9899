import { ConfigError } from '@sealgate/kit'
import { isNearMiss } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { audiences, clients, issuers, routes } from './definition-schema.ts'
import { LIMITERS } from './limiter-names.ts'
import { loginParameters } from './login-parameters.ts'
import { RESERVED_PATHS } from './reserved-paths.ts'
import { check, filled, flag, json, list, path, seconds, secondsOrNone, short } from './value-types.ts'

const OPERATOR_KEYS_SHAPE = 'must be public JWKs: a JSON array, or a JWK Set'
const jwks = z.array(z.record(z.string(), z.unknown()), OPERATOR_KEYS_SHAPE)
const operatorKeys = z.union(
  [
    jwks,
    z.pipe(
      z.looseObject({ keys: jwks }),
      z.transform(({ keys }) => keys),
    ),
  ],
  OPERATOR_KEYS_SHAPE,
)

const required = (example: string): z.ZodMiniString => z.string(`is required: set it to ${example}`)

const text = z.optional(z.string())

/** An address of the web, with words for another. */
const url = (error: string) => z.optional(z.url({ protocol: /^https?$/, error }))

const ENVIRONMENTS = ['production', 'staging', 'test', 'dev'] as const

/** `prod`, `Staging` and `development` are each meant for something. */
function meantOf(input: unknown): string {
  const start = String(input).slice(0, 2).toLowerCase()
  const meant = ENVIRONMENTS.find((name) => name.startsWith(start))
  return meant === undefined ? '' : `: did you mean ${meant}?`
}

/**
 * Every variable that the gateway itself reads; the kit reads its own (`JWT_*`). What stands above a row is what
 * docs/reference/environment.md says: it is generated from here. A new setting is a row, found as `config.variables.NAME`.
 */
export const VARIABLES = z.object({
  /** Tags logs; insecure settings are rejected in `production` and `staging`. */
  WORKER_ENV: z._default(
    z.enum(ENVIRONMENTS, {
      error: ({ input }) => `must be production, staging, test or dev${meantOf(input)}`,
    }),
    'production',
  ),
  /** The tenant, `tenant.us.auth0.com`, or a custom domain; the issuer is `https://DOMAIN/`. Required. */
  AUTH0_DOMAIN: required('your tenant, for example tenant.us.auth0.com').check(
    z.regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i,
      'must be a host name alone, for example tenant.us.auth0.com',
    ),
  ),
  /** Full base URL, where it is not `https://AUTH0_DOMAIN` (local mock IdP; loopback may be http). */
  AUTH0_BASE_URL: url('must be a URL such as https://login.example.com'),
  /** API identifier that incoming access tokens must carry. Required. `AUTH0_AUTHENTICATION_AUDIENCE` is accepted. */
  AUTH0_AUDIENCE: required('the identifier of your API at Auth0'),
  /**
   * Client ids (`azp` / `client_id`) whose tokens may be exchanged, with commas. Required in production and staging.
   */
  AUTH0_CLIENTS: z.optional(list),
  /**
   * Allowed `org_id`s, with commas: then a token and a login need one of them. Unset: tokens with `org_id` are rejected.
   * `*`: any or none, and `org_id` is passed on.
   */
  AUTH0_ORGANIZATIONS: z._default(list, []),
  /**
   * Where rights come from: `permissions` (else `scope` when that claim is absent), `scope`, or `both`
   * (intersection).
   */
  AUTH0_RIGHTS: z._default(
    z.enum(['permissions', 'scope', 'both'], 'must be permissions, scope or both'),
    'permissions',
  ),
  /** Namespaced claim that holds roles; unset: tokens carry no roles. */
  AUTH0_ROLES_CLAIM: text,
  /**
   * Namespaced claim that holds when the user logged in, in seconds since the epoch; an Action sets it. Unset: `auth_time`
   * alone counts.
   */
  AUTH0_AUTH_TIME_CLAIM: text,
  /**
   * The longest that a refresh token and all that follow it serve at Auth0, in seconds: its *maximum refresh token
   * lifetime*. A user's token that does not say when the user logged in counts as that old. `0`: no client has refresh
   * tokens, nor gets tokens by a session with Auth0.
   */
  AUTH0_REFRESH_MAX_SECONDS: z._default(secondsOrNone, 2592000),
  /**
   * The longest that an access token of Auth0 lives, in seconds: the *Token Expiration* of its API. One that lives longer is
   * rejected: it would outlive the revocation of its user.
   */
  AUTH0_TOKEN_MAX_SECONDS: z._default(seconds, 86400),
  /** `auth0` (typ `JWT` or `at+jwt`) or `rfc9068` (strict). */
  AUTH0_TOKEN_PROFILE: z._default(z.enum(['auth0', 'rfc9068'], 'must be auth0 or rfc9068'), 'auth0'),
  /** The gateway's `sub` in `act`. */
  GATEWAY_NAME: z._default(z.string(), 'gateway'),
  /** Issuer of internal tokens; the kit reads it too. Required. */
  JWT_ISS: required('the issuer of your internal tokens, for example https://gateway.internal'),
  /** Lifetime of an internal token, in seconds; the kit reads it too. */
  JWT_TTL_SECONDS: z.optional(seconds),
  /** The longest lifetime of an internal token, in seconds; the kit reads it too. */
  JWT_MAX_TTL_SECONDS: z._default(seconds, 3600),
  /** HS512 with a secret of its own for each audience: JSON, audience to name of the secret binding. */
  JWT_SECRETS_BY_AUDIENCE: z.optional(
    json(z.record(z.string(), filled(), 'must be JSON: audience to name of the secret binding')),
  ),
  /** Replaces `audiences` of the definition, as JSON, in tests and small set-ups (a variable holds 5 KB). */
  AUDIENCES: z.optional(json(audiences)),
  /** Replaces `routes` of the definition, as JSON. */
  ROUTES: z.optional(json(routes)),
  /** Replaces `clients` of the definition, as JSON. */
  CLIENTS: z.optional(json(clients)),
  /** Replaces `issuers` of the definition, as JSON. */
  ISSUERS: z.optional(json(issuers)),
  /**
   * Secret. JSON: client id to SHA-256 of its secret (64 hexadecimal digits), for clients that do not sign with a key.
   * What each may exchange for is in `clients` of the definition.
   */
  EXCHANGE_CLIENTS: z.optional(
    json(z.record(filled(), z.string(), 'must be JSON: client id to SHA-256 of its secret')),
  ),
  /**
   * Allows the exchange without client authentication (browser clients), for every audience. Default: `false` in
   * production or with any client, else `true`.
   */
  EXCHANGE_PUBLIC: z.optional(flag),
  /**
   * `accepted`: a token that is bound to a key (`cnf.jkt`) counts with its DPoP proof (RFC 9449), and others as without
   * DPoP. `required`: no other counts, but those of sessions and of Cloudflare Access.
   */
  DPOP: z._default(z.enum(['accepted', 'required'], 'must be accepted or required'), 'accepted'),
  /** `false`: a DPoP proof needs no nonce of this gateway, and may so be made in advance. */
  DPOP_NONCE: z._default(flag, true),
  /** `true` also serves the JWKS on the public host name. */
  JWKS_PUBLIC: z._default(flag, false),
  /** `false`: `/openapi.json`, which lists every route, is 404. */
  OPENAPI_PUBLIC: z._default(flag, true),
  /** Exact origins whose pages may read responses, with commas; unset: no CORS headers. */
  CORS_ORIGINS: z._default(list, []),
  /**
   * Public Ed25519 JWKs of those who operate this gateway by `sealgate` (`POST /operator`), each with a `kid`: a JSON array or
   * a JWK Set. `sealgate deploy` makes them. Unset: that path is 404.
   */
  OPERATOR_KEYS: z.optional(json(operatorKeys)),
  /** The gateway's own client at Auth0, for logins and the password realm. */
  AUTH0_CLIENT_ID: text,
  /** Secret. Beside `AUTH0_CLIENT_ID`. */
  AUTH0_CLIENT_SECRET: text,
  /** Scope of a login. */
  AUTH0_SCOPE: z._default(z.string(), 'openid profile email offline_access'),
  /**
   * JSON: more parameters of a login at Auth0, by name. A text is sent with each login (`{"connection":"google-oauth2"}`);
   * of a list `/auth/login` may name one (`{"screen_hint":["signup"]}`, then `/auth/login?screen_hint=signup`). What the
   * gateway sets itself is rejected.
   */
  AUTH0_LOGIN_PARAMETERS: z._default(json(loginParameters), {}),
  /** Set: the password-realm route is on, with this realm; in production it needs `RATE_LIMITER_PASSWORD`. */
  AUTH0_CONNECTION: text,
  /**
   * The gateway's own public origin; the redirect URI is `BASE_URL` and `CALLBACK_PATH`. Required for logins in
   * production and staging.
   */
  BASE_URL: url('must be a URL such as https://app.example.com'),
  /**
   * Secret. base64url or base64 of at least 32 bytes; a list rotates: the first encrypts, all decrypt.
   * `AUTH0_SESSION_ENCRYPTION_KEY` is accepted.
   */
  SESSION_SECRET: text,
  /** Where Auth0 sends the browser back to: a path of the gateway's own. `AUTH0_CALLBACK` is accepted. */
  CALLBACK_PATH: z._default(
    path.check(
      z.refine(
        (given) => !RESERVED_PATHS.some((one) => one === given),
        'is a path that the gateway needs itself',
      ),
    ),
    '/auth/callback',
  ),
  /**
   * Name of the session's cookie, without the prefix `__Host-`, which it always gets over https; cookies of logins are
   * named after it. `AUTH0_SESSION_NAME` is accepted.
   */
  SESSION_COOKIE_NAME: z._default(
    z
      .string()
      .check(
        z.regex(
          /^(?!__)[A-Za-z0-9_.-]{1,64}$/,
          'must be letters, digits, ".", "-" and "_", 64 at most, without a prefix such as __Host-, which it gets by itself',
        ),
      ),
    'sealgate-session',
  ),
  /**
   * `do`: a Durable Object per session (binding `SESSIONS`); `cookie`: stateless and limited. `cloudflare-kv`, as other kits
   * call theirs, means `do`.
   */
  SESSION_STORE: z._default(z.enum(['do', 'cookie', 'cloudflare-kv'], 'must be do or cookie'), 'do'),
  /** What the gateway's own pages call this site; unset: `branding.name` of the definition, else its host. */
  SITE_NAME: z.optional(short(80)),
  /** Audiences that `Admin.sign` may issue for, with commas. */
  ADMIN_SIGN: z._default(list, []),
  /** Where the program that runs the development system takes orders; `dev` alone. */
  DEV_CONTROL: z.optional(
    z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/, error: 'must be on loopback' }),
  ),
  /** Secret. What that program asks for; `dev` alone. */
  DEV_CONTROL_SECRET: text,
  /** From which level on lines are logged: `debug`, `info`, `warn`, `error`, or `off`; the kit reads it too. */
  LOG_LEVEL: z._default(
    z.enum(['debug', 'info', 'warn', 'error', 'off'], 'must be debug, info, warn, error or off'),
    'info',
  ),
  /** Sends lines of the log to an OpenTelemetry receiver (OTLP over HTTP in JSON), under `/v1/logs` of this address: https, or http on loopback. */
  OTEL_EXPORTER_OTLP_ENDPOINT: text,
  /** The same, but the whole address. */
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: text,
  /** Secret. Headers for that receiver: `name=value` pairs with commas, values percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: text,
  /** With the binding `METRICS`: one data point stands for so many granted requests, 1 to 10,000. Unset: 1. */
  METRICS_GRANTS_PER_POINT: z.optional(z.union([z.string(), z.number()])),
  /** Secret. Sends lines of the log to Datadog. */
  DATADOG_API_KEY: text,
  /** Datadog's site. */
  DATADOG_SITE: z._default(
    z.string().check(z.regex(/^[a-z0-9.-]+$/, 'must be a site such as datadoghq.com')),
    'datadoghq.com',
  ),
})

export type Variables = z.infer<typeof VARIABLES>

/** Other names under which a variable is accepted. */
const ALIASES: Readonly<Record<string, string>> = {
  AUTH0_AUDIENCE: 'AUTH0_AUTHENTICATION_AUDIENCE',
  SESSION_SECRET: 'AUTH0_SESSION_ENCRYPTION_KEY',
  CALLBACK_PATH: 'AUTH0_CALLBACK',
  SESSION_COOKIE_NAME: 'AUTH0_SESSION_NAME',
}

export function readVariables(env: object): Variables {
  const given = Object.keys(VARIABLES.shape).flatMap((name): [string, unknown][] => {
    const value = present(env, name) ?? present(env, ALIASES[name])
    return value === undefined ? [] : [[name, value]]
  })
  const parsed = check(VARIABLES, Object.fromEntries(given))
  if (parsed.success) return parsed.data
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  )
}

/** An empty string is unset: that is how `wrangler.jsonc` switches a variable off. */
export function present(env: object, name: string | undefined): unknown {
  const value: unknown = name === undefined ? undefined : Reflect.get(env, name)
  return value === '' || value === null ? undefined : value
}

/** @throws ConfigError naming the variable and what to do */
export function reject(variable: string, problem: string): never {
  throw new ConfigError(`${variable} ${problem}`)
}

/** What is wrong with a part of the definition, or with the variable that replaces it. */
export function definitionError(variable: string, error: z.core.$ZodError): ConfigError {
  const problems = error.issues.map(({ path, message }) => `${[variable, ...path].join('.')} ${message}`)
  return new ConfigError(`${problems.join('; ')} (from ${variable}, or from gateway.config.ts)`)
}

/** Bindings and secrets that the gateway looks up by these names. */
const OTHER_NAMES = [
  ...Object.values(LIMITERS),
  'SESSIONS',
  'JWKS_CACHE',
  'LOG_HASH_KEY',
  'METRICS',
  'CF_VERSION_METADATA',
]

/** Variables that look like a misspelt one of ours, with the one that was probably meant. */
export function misspeltVariables(env: object): readonly { readonly name: string; readonly meant: string }[] {
  const ours: readonly string[] = [...Object.keys(VARIABLES.shape), ...Object.values(ALIASES), ...OTHER_NAMES]
  return Object.keys(env).flatMap((name) => {
    // The kit reports its own.
    if (ours.includes(name) || name.startsWith('JWT_')) return []
    const meant = ours.find((one) => isNearMiss(name, one))
    return meant === undefined || meant.startsWith('LOG_') ? [] : [{ name, meant }]
  })
}
