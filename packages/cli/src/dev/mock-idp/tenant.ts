import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { askForRefreshToken, auth0Errors, ErrorDetails, jwksHeaders } from './auth0-shape.ts'
import { LoginAttempts } from './attempts.ts'
import { registerClientCredentials } from './client-credentials.ts'
import { registrationRules } from './client-registration.ts'
import { demoClients, withCallbacks, type TenantClient } from './clients.ts'
import type { TenantContext, TokenProfile } from './context.ts'
import { createControl, type Control } from './control.ts'
import { controlRoute } from './control-route.ts'
import { Faults } from './faults.ts'
import { ForwardedForLog } from './forwarded-for.ts'
import { SigningKeys } from './keys.ts'
import { loginRoute } from './login.ts'
import { logoutRoute } from './logout.ts'
import { registerPasswordRealm } from './password-realm.ts'
import { createProvider } from './provider.ts'
import { TenantStorage } from './storage.ts'
import { registerIdentityAssertions } from './identity-assertions.ts'
import { jsonAsForm } from './token-body.ts'
import { userinfoRoute } from './userinfo.ts'
import { demoUsers, type TenantUser } from './users.ts'

export { demoClients, PASSWORD_REALM, TOKEN_EXCHANGE, type TenantClient } from './clients.ts'
export type { Control } from './control.ts'
export { REALM } from './password-realm.ts'
export { DEMO_PASSWORD, demoUsers, type TenantUser } from './users.ts'

/** The tenant has demo passwords: it listens where only this machine can reach it. */
const HOST = '127.0.0.1'

export interface TenantOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** The API's identifier. Default `https://api.sealgate.test`. */
  readonly audience?: string
  /** The namespaced claim that holds roles. Default `https://sealgate.test/roles`. */
  readonly rolesClaim?: string
  /** Default: {@link demoUsers}. A function is called whenever somebody logs in. */
  readonly users?: readonly TenantUser[] | (() => readonly TenantUser[])
  /** Default: {@link demoClients}. */
  readonly clients?: readonly TenantClient[]
  /** More callback URLs for every client that has any; their origins become logout URLs too. */
  readonly callbackUrls?: readonly string[]
  /** `auth0` (default), or `rfc9068`: typ `at+jwt`, `client_id`, `jti`. */
  readonly tokenProfile?: TokenProfile
  /** Lifetime of access tokens in seconds. Default 86,400, as at Auth0. */
  readonly accessTokenSeconds?: number
  /** Lists the users and their passwords on the login page. Default false. */
  readonly showUsers?: boolean
  /** Serves `POST /__control` for tests in another process. Default false. */
  readonly control?: boolean
  /** Keeps the mock IdP's own failures off stderr. Default false. */
  readonly quiet?: boolean
}

export interface Tenant {
  /** With its trailing slash, as in `iss`. */
  readonly issuer: string
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly audience: string
  readonly rolesClaim: string
  readonly users: readonly TenantUser[]
  readonly clients: readonly TenantClient[]
  readonly control: Control
  close(): Promise<void>
}

/**
 * Starts a mock IdP shaped like an Auth0 tenant on this machine: a certified OpenID Connect server in Auth0's shape. All of
 * its state is in memory and bounded, its keys are new at each start.
 *
 * Rejects with Node's `EADDRINUSE` when the port is taken.
 */
export async function startTenant(options: TenantOptions = {}): Promise<Tenant> {
  const keys = await SigningKeys.create()
  const server = createServer()
  server.listen(options.port ?? 0, HOST)
  await once(server, 'listening')
  const baseUrl = `http://${HOST}:${portOf(server)}`

  const tenant = createContext(options, `${baseUrl}/`, keys)
  const control = createControl(tenant, () => {
    handle = requestHandler(tenant, options.control === true ? control : undefined)
  })
  let handle = requestHandler(tenant, options.control === true ? control : undefined)
  server.on('request', (req, res) => void handle(req, res))

  const { issuer, audience, rolesClaim, users, clients } = tenant
  return { issuer, baseUrl, audience, rolesClaim, users, clients, control, close: () => close(server) }
}

function createContext(options: TenantOptions, issuer: string, keys: SigningKeys): TenantContext {
  return {
    issuer,
    audience: options.audience ?? 'https://api.sealgate.test',
    rolesClaim: options.rolesClaim ?? 'https://sealgate.test/roles',
    tokenProfile: options.tokenProfile ?? 'auth0',
    accessTokenSeconds: options.accessTokenSeconds ?? 86_400,
    showUsers: options.showUsers ?? false,
    get users() {
      const { users = Object.values(demoUsers) } = options
      return typeof users === 'function' ? users() : users
    },
    clients: withCallbacks(options.clients ?? Object.values(demoClients), options.callbackUrls ?? []),
    keys,
    storage: new TenantStorage(),
    attempts: new LoginAttempts(),
    blocked: new Set(),
    faults: new Faults(),
    forwardedFor: new ForwardedForLog(),
    cookieKey: randomBytes(32).toString('base64url'),
    report: options.quiet === true ? () => undefined : (error) => console.error('mock IdP:', error),
  }
}

type RequestHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>

/** Puts the parts in front of oidc-provider, outermost first. */
function requestHandler(tenant: TenantContext, control: Control | undefined): RequestHandler {
  const provider = createProvider(tenant)
  const details = new ErrorDetails()
  registerClientCredentials(provider, tenant)
  registerPasswordRealm(provider, tenant)
  registerIdentityAssertions(provider, tenant)
  provider.on('grant.error', (ctx, error) => details.note(ctx, error.error_detail))
  provider.on('server_error', (_ctx, error) => tenant.report(error))
  provider.on('error', tenant.report)
  if (control !== undefined) provider.use(controlRoute(control))
  provider.use((ctx, next) => tenant.faults.apply(ctx, next))
  provider.use(auth0Errors(details))
  provider.use(jwksHeaders)
  provider.use(loginRoute(provider, tenant))
  provider.use(userinfoRoute(provider, tenant))
  provider.use(logoutRoute(provider, tenant))
  provider.use(askForRefreshToken)
  provider.use(jsonAsForm)
  provider.use(registrationRules)
  return provider.callback()
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
