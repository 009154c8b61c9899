import { ConfigError } from '@sealgate/kit'
import { createExternalVerifier, type ExternalAlg } from '@sealgate/kit/external'
import { isLoopback } from '@sealgate/kit/gateway'
import type { Auth0Config } from './auth0.ts'
import type { ExchangeSettings } from './exchange.ts'
import type { IssuerSettings } from './issuers.ts'
import type { McpSettings } from './mcp.ts'
import type { EnterpriseIssuerDefinition } from './mcp-definition.ts'
import type { RouteTable } from './route-table.ts'
import { reject, type Variables } from './schema.ts'

/** Who issues identity assertions. */
export interface AssertionIssuer {
  readonly issuer: string
  readonly jwksUrl: string
  readonly algorithms: readonly ExternalAlg[]
}

/** A resource for which identity assertions count. */
export interface EnterpriseResource {
  readonly resource: string
  /** For whom a token of its route is. */
  readonly audience: string
  /** All that a token may carry. */
  readonly scopes: readonly string[]
  /** Whose assertions count: names of issuers. */
  readonly issuers: ReadonlySet<string>
}

/** Enterprise-managed authorization (draft-ietf-oauth-identity-assertion-authz-grant). */
export interface EnterpriseSettings {
  /** `undefined`: no route has it. */
  readonly enterprise:
    | {
        /** What this gateway is called as an authorization server: its `BASE_URL`. */
        readonly issuer: string
        readonly issuers: ReadonlyMap<string, AssertionIssuer>
        /** By the identifier of the resource. */
        readonly resources: ReadonlyMap<string, EnterpriseResource>
      }
    | undefined
}

/** What the rest of the configuration says. */
interface Known extends McpSettings, IssuerSettings {
  readonly variables: Variables
  readonly auth0: Auth0Config
  readonly exchange: ExchangeSettings
  readonly routes: RouteTable
  readonly baseUrl: string | undefined
  readonly isStrict: boolean
}

/** @throws ConfigError naming the route and what to do */
export function readEnterprise(known: Known): EnterpriseSettings {
  const { mcp, routes, exchange, baseUrl, variables } = known
  const issuers = new Map<string, AssertionIssuer>()
  const resources = new Map<string, EnterpriseResource>()
  for (const [match, { resource, audiences, definition }] of mcp.byMatch) {
    const route = routes.routes.find((one) => one.match === match)
    if (!definition.enterprise || !route || route.auth === 'none') continue
    if (exchange.mode !== 'EdDSA')
      reject('ROUTES', `${match} has enterprise, which needs EdDSA keys: services know the secrets of HS512`)
    if (variables.DPOP === 'required')
      reject(
        'ROUTES',
        `${match} has enterprise, whose tokens are bound to no key, and DPOP=required takes none such`,
      )
    if (exchange.exchange.clients.size === 0)
      reject(
        'ROUTES',
        `${match} has enterprise, and nobody is in clients: name those that may request a token`,
      )
    const named = definition.enterprise.issuers.map((one) => issuerOf(one, known, match))
    for (const one of named) add(issuers, one, match)
    const entry = {
      resource,
      audience: route.audience,
      scopes: definition.scopes,
      issuers: new Set(named.map(({ issuer }) => issuer)),
    }
    // The identifier of a root, with its slash and without.
    for (const name of [resource, `${resource}/`]) if (audiences.includes(name)) resources.set(name, entry)
  }
  if (resources.size === 0 || baseUrl === undefined) return { enterprise: undefined }
  return { enterprise: { issuer: baseUrl, issuers, resources } }
}

function issuerOf(
  given: string | EnterpriseIssuerDefinition,
  { auth0, issuers, isStrict, baseUrl, variables }: Known,
  match: string,
): AssertionIssuer {
  const say = (problem: string): never => reject('ROUTES', `${match}: enterprise ${problem}`)
  const written = typeof given === 'string' ? given : given.issuer
  const name = written === TENANT ? auth0.issuer : written
  const known = issuers.get(name) ?? (name === auth0.issuer ? { ...auth0, algorithms: RS256 } : undefined)
  if (typeof given === 'string') {
    if (!known)
      return say(
        `names ${written}, which is not in issuers: give { issuer, jwksUri } for it, or say '${TENANT}'`,
      )
    return { issuer: name, jwksUrl: known.jwksUrl, algorithms: known.algorithms }
  }
  if (known) return say(`gives keys for ${name}, which are known: give its name alone`)
  if ([baseUrl, variables.JWT_ISS].includes(name)) return say(`names this gateway, ${name}`)
  const { jwksUri = `${name}${name.endsWith('/') ? '' : '/'}.well-known/jwks.json`, algorithms = RS256 } =
    given
  for (const url of [name, jwksUri]) {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'https:' && (isStrict || !isLoopback(hostname)))
      say(`has ${url}, which must be https (http only on loopback, in WORKER_ENV test or dev)`)
  }
  const one = { issuer: name, jwksUrl: jwksUri, algorithms }
  try {
    createExternalVerifier({ ...one, jwksUri, audience: 'any' })
  } catch (error) {
    if (error instanceof ConfigError) say(`has ${name}: ${error.message}`)
    throw error
  }
  return one
}

/** The tenant, which each environment has another one of. No issuer is called that. */
const TENANT = 'tenant'

const RS256: readonly ExternalAlg[] = ['RS256']

/** One issuer is the same on every route, and has keys of its own. */
function add(issuers: Map<string, AssertionIssuer>, one: AssertionIssuer, match: string): void {
  const known = issuers.get(one.issuer)
  if (known && JSON.stringify(known) !== JSON.stringify(one))
    reject('ROUTES', `${match}: enterprise gives ${one.issuer} other keys than another route does`)
  const other = [...issuers.values()].find(
    ({ issuer, jwksUrl }) => issuer !== one.issuer && jwksUrl === one.jwksUrl,
  )
  if (other)
    reject('ROUTES', `${match}: enterprise gives one set of keys to ${other.issuer} and ${one.issuer}`)
  issuers.set(one.issuer, one)
}
