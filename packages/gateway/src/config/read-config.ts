import { ConfigError } from '@sealgate/kit'
import { checkSinks } from '../observability/sinks.ts'
import { type Auth0Settings, readAuth0 } from './auth0.ts'
import { readBranding } from './branding.ts'
import type { Branding } from './branding-definition.ts'
import type { GatewayDefinition } from './definition.ts'
import { type EnterpriseSettings, readEnterprise } from './enterprise.ts'
import { type ExchangeSettings, readExchange } from './exchange.ts'
import { type IssuerSettings, readIssuers } from './issuers.ts'
import { type LoginSettings, readLoginSettings } from './login-settings.ts'
import { type LimitSettings, readLimits } from './limits.ts'
import { type McpSettings, readMcp } from './mcp.ts'
import { type OperatorSettings, readOperator } from './operators.ts'
import { present, readVariables, reject, type Variables } from './schema.ts'
import { readServices, type ServiceSettings } from './services.ts'
import { type SessionConfig, sessionConfig } from './session.ts'
import { readVersion, type WorkerVersion } from './version.ts'
import { readWeb, type WebSettings } from './web.ts'

/** Everything that the gateway knows from its environment, checked. Times in seconds. */
export interface Config
  extends
    Auth0Settings,
    EnterpriseSettings,
    ExchangeSettings,
    IssuerSettings,
    LimitSettings,
    LoginSettings,
    McpSettings,
    OperatorSettings,
    ServiceSettings,
    WebSettings {
  /** Every variable, parsed, with its default. */
  readonly variables: Variables
  readonly environment: 'production' | 'staging' | 'test' | 'dev'
  readonly version: WorkerVersion | undefined
  /** `undefined`: no login; the client of Auth0, if there is one, is for the password realm alone. */
  readonly session: SessionConfig | undefined
  /** With the name of `SITE_NAME`, where that is set. */
  readonly branding: Branding
}

/**
 * Reads the environment (docs/reference/environment.md).
 *
 * @param definition audiences, routes and clients, unless `AUDIENCES`, `ROUTES` and `CLIENTS` replace them
 * @throws ConfigError naming the variable and what to do
 */
export function parseConfig(env: object, definition: GatewayDefinition): Config {
  checkHooks(definition)
  const variables = readVariables(env)
  checkSinks(env)
  const { WORKER_ENV: environment } = variables
  const isStrict = environment === 'production' || environment === 'staging'
  const auth0 = readAuth0(env, variables, isStrict)
  const issuers = readIssuers(variables, definition, auth0.auth0, isStrict)
  const login = readLoginSettings(variables)
  const services = readServices(env, variables, definition, login)
  const web = readWeb(variables, isStrict)
  const exchange = readExchange(env, variables, services.audiences, definition)
  const mcp = readMcp(env, variables, services.routes, services.audiences, web.baseUrl)
  const known = { ...issuers, ...mcp, ...web, variables, exchange, isStrict, auth0: auth0.auth0 }
  const session = sessionConfig({
    login: auth0.login,
    secret: variables.SESSION_SECRET,
    store: variables.SESSION_STORE === 'cookie' ? 'cookie' : 'do',
    namespace: present(env, 'SESSIONS'),
    clients: variables.AUTH0_CLIENTS,
    baseUrl: web.baseUrl,
    isStrict,
  })
  rejectLoginsThatAreNot(services, session)
  rejectAccessThatIsNot(services, issuers)
  return {
    variables,
    environment,
    version: readVersion(env),
    ...auth0,
    ...issuers,
    ...login,
    ...services,
    ...web,
    ...exchange,
    ...mcp,
    ...readEnterprise({ ...known, routes: services.routes }),
    ...readOperator(variables),
    session,
    ...readLimits(env, variables, {
      password: auth0.login?.connection !== undefined,
      login: session !== undefined,
      clients: exchange.exchange.clients.size > 0,
    }),
    branding: readBranding(definition.branding, variables.SITE_NAME),
  }
}

/** A route that sends people to log in needs a login. */
function rejectLoginsThatAreNot({ routes }: ServiceSettings, session: SessionConfig | undefined): void {
  const route = routes.routes.find((one) => one.auth === 'required' && one.login === 'redirect')
  if (!route || session) return
  reject(
    'ROUTES',
    `${route.match} sends people to log in, and there are no logins: set AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and SESSION_SECRET`,
  )
}

/** A header that nobody verifies must not be meant for a door. */
function rejectAccessThatIsNot({ routes }: ServiceSettings, { issuers }: IssuerSettings): void {
  const route = routes.routes.find((one) => one.auth === 'required' && one.cloudflareAccess)
  if (!route || [...issuers.values()].some(({ profile }) => profile === 'cloudflare-access')) return
  reject(
    'ROUTES',
    `${route.match} has cloudflareAccess, and no issuer is Cloudflare Access: add cloudflareAccess(…) to issuers`,
  )
}

function checkHooks(definition: GatewayDefinition): void {
  for (const name of ['claims', 'onDecision', 'onEvent'] as const) {
    if (definition[name] !== undefined && typeof definition[name] !== 'function') {
      throw new ConfigError(`${name} of the definition is no function: see gateway.config.ts`)
    }
  }
}
