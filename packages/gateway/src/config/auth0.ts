import type { JwksStore } from '@sealgate/kit/external'
import { isLoopback } from '@sealgate/kit/gateway'
import type { LoginParameters } from './login-parameters.ts'
import { present, reject, type Variables } from './schema.ts'

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
  /** Claim that holds when the user logged in, beside `auth_time`. */
  readonly authTimeClaim: string | undefined
  /** The longest that a refresh token and all that follow it serve, in seconds. 0: there are none. */
  readonly refreshMaxSeconds: number
  /** The longest that an access token lives, in seconds. */
  readonly tokenMaxSeconds: number
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
  /** Organizations whose users may log in; `any`: Auth0 decides. Empty: users of no organization. */
  readonly organizations: ReadonlySet<string> | 'any'
  /** The scope of a login. */
  readonly scope: string
  /** More parameters of a login. */
  readonly parameters: LoginParameters
  /** The realm of the password route; `undefined`: the route is off. */
  readonly connection: string | undefined
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
  if (protocol !== 'https:' && (isStrict || !isLoopback(hostname))) {
    reject('AUTH0_BASE_URL', 'must be https (http only on loopback, in WORKER_ENV test or dev)')
  }
  return `${protocol}//${host}/`
}

function organizationsOf(names: readonly string[]): Auth0Config['organizations'] {
  return names.includes('*') ? 'any' : new Set(names)
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
  const { AUTH0_AUDIENCE: audience, AUTH0_SCOPE: scope, AUTH0_LOGIN_PARAMETERS: parameters } = variables
  const organizations = organizationsOf(variables.AUTH0_ORGANIZATIONS)
  return { issuer, audience, clientId, clientSecret, organizations, scope, parameters, connection }
}

/** All that the environment says about Auth0. */
export interface Auth0Settings {
  readonly auth0: Auth0Config
  /** `undefined`: no login and no password realm. */
  readonly login: LoginConfig | undefined
  /** Second tier for Auth0's JWKS, written by this gateway alone. */
  readonly jwksStore: JwksStore | undefined
}

/** @throws ConfigError naming the variable and what to do */
export function readAuth0(env: object, variables: Variables, isStrict: boolean): Auth0Settings {
  const { WORKER_ENV: environment, AUTH0_CLIENTS: clients } = variables
  if (isStrict && (clients === undefined || clients.length === 0)) {
    reject(
      'AUTH0_CLIENTS',
      `is required in ${environment}: list the client ids whose tokens may be exchanged`,
    )
  }
  const issuer = issuerOf(variables.AUTH0_DOMAIN, variables.AUTH0_BASE_URL, isStrict)
  return {
    auth0: {
      issuer,
      jwksUrl: `${issuer}.well-known/jwks.json`,
      audience: variables.AUTH0_AUDIENCE,
      clients: clients && new Set(clients),
      organizations: organizationsOf(variables.AUTH0_ORGANIZATIONS),
      rights: variables.AUTH0_RIGHTS,
      rolesClaim: variables.AUTH0_ROLES_CLAIM,
      authTimeClaim: variables.AUTH0_AUTH_TIME_CLAIM,
      refreshMaxSeconds: variables.AUTH0_REFRESH_MAX_SECONDS,
      tokenMaxSeconds: variables.AUTH0_TOKEN_MAX_SECONDS,
      profile: variables.AUTH0_TOKEN_PROFILE,
    },
    login: loginOf(variables, issuer),
    jwksStore: jwksStoreOf(env),
  }
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
