import { namesOf } from '@sealgate/kit/gateway'
import type { AudienceDefinition } from './definition.ts'
import type { McpDefinition } from './mcp-definition.ts'
import { RESOURCE_METADATA_PATH } from './reserved-paths.ts'
import type { Route, RouteTable } from './route-table.ts'
import { present, reject, type Variables } from './schema.ts'
import { sessionSecrets } from './session.ts'

/** An MCP server as its clients know it (RFC 9728). */
export interface McpResource {
  /** Its identifier (§1.2): what `resource` of a token request (RFC 8707) and `aud` of a token must be. */
  readonly resource: string
  /** Where its metadata is: the well-known path stands before the resource's own (§3.1). */
  readonly metadataPath: string
  readonly metadataUrl: string
  readonly definition: McpDefinition
  /** Values of `aud` that count. */
  readonly audiences: readonly string[]
  /** Clients whose tokens count; `any`: each. `undefined`: as everywhere else. */
  readonly clients: ReadonlySet<string> | 'any' | undefined
  /** The `aud` of tokens that this gateway issues itself, for identity assertions; `undefined`: it issues none. */
  readonly own: string | undefined
}

/** All that the environment and the definition say about MCP. */
export interface McpSettings {
  readonly mcp: {
    /** By the route's pattern. */
    readonly byMatch: ReadonlyMap<string, McpResource>
    readonly byMetadataPath: ReadonlyMap<string, McpResource>
    /** What the ids of sessions are encrypted with. The first encrypts, all decrypt. */
    readonly secrets: readonly Uint8Array[]
  }
}

/** @throws ConfigError naming the route and what to do */
export function readMcp(
  env: object,
  variables: Variables,
  { routes }: RouteTable,
  known: ReadonlyMap<string, AudienceDefinition>,
  baseUrl: string | undefined,
): McpSettings {
  const byMatch = new Map<string, McpResource>()
  const byMetadataPath = new Map<string, McpResource>()
  for (const route of routes) {
    if (route.auth !== 'required' || !route.mcp) continue
    const { match, audience, mcp } = route
    if (baseUrl === undefined) {
      reject('BASE_URL', `is missing: the address of the MCP server at ${match} is made of it. Set it`)
    }
    const unknown = mcp.scopes.find((scope) => known.get(audience)?.permissions.includes(scope) !== true)
    if (unknown !== undefined) {
      reject('ROUTES', `${match} names the scope ${unknown}, which the audience ${audience} never carries`)
    }
    const resource = resourceOf(match, mcp, baseUrl)
    const other = [...byMatch].find(([, { metadataPath }]) => metadataPath === resource.metadataPath)
    if (other) reject('ROUTES', `${other[0]} and ${match} are one MCP server, ${resource.resource}: keep one`)
    const shared = routes.find((one) => one.match === match && one !== route)
    if (shared) {
      reject(
        'ROUTES',
        `${match} is an MCP server and has another route for ${shared.methods.join(', ')}: keep one`,
      )
    }
    byMatch.set(match, resource)
    byMetadataPath.set(resource.metadataPath, resource)
  }
  rejectMetadataRoutes(routes, byMetadataPath)
  return {
    mcp: { byMatch, byMetadataPath, secrets: byMatch.size === 0 ? [] : secretsOf(env, variables) },
  }
}

/**
 * A prefix is one resource, named by its path without the star: what an identity provider has to know is one URL. It is made
 * of settings alone, never of a request, so that no header can change it; a pattern has no character that a header would
 * need to quote.
 */
function resourceOf(match: string, definition: McpDefinition, baseUrl: string): McpResource {
  const path = match.replace(/\/\*?$/, '')
  const resource = `${baseUrl}${path}`
  const metadataPath = `${RESOURCE_METADATA_PATH}${path}`
  const { audiences = [], clients, enterprise } = definition
  return {
    resource,
    metadataPath,
    metadataUrl: `${baseUrl}${metadataPath}`,
    definition,
    // A URL without a path is the same with a slash (RFC 3986 §6.2.3), and clients write that.
    audiences: [resource, ...(path === '' ? [`${resource}/`] : []), ...audiences],
    clients: clients === undefined || clients === 'any' ? clients : new Set(clients),
    own: enterprise && resource,
  }
}

/** A route in the way of metadata would never be reached. */
function rejectMetadataRoutes(
  routes: readonly Route[],
  byMetadataPath: ReadonlyMap<string, McpResource>,
): void {
  const route = routes.find(({ match }) => byMetadataPath.has(match))
  if (route) reject('ROUTES', `has ${route.match}, which the gateway serves itself: choose another path`)
}

/**
 * The session secret, else the keys that sign: a gateway has one or the other, so that MCP needs no secret of its own.
 * HKDF makes another key of it for each purpose.
 */
function secretsOf(env: object, variables: Variables): readonly Uint8Array[] {
  if (variables.SESSION_SECRET !== undefined) return sessionSecrets(variables.SESSION_SECRET)
  const names = [
    ...['JWT_PRIVATE_JWK_NAME', 'JWT_SECRET_NAME'].flatMap((name) => namesOf(present(env, name))),
    ...Object.values(variables.JWT_SECRETS_BY_AUDIENCE ?? {}).flatMap((text) => namesOf(text)),
    'JWT_PRIVATE_JWK',
    'JWT_SECRET',
  ]
  return names.flatMap((name) => {
    const value = present(env, name)
    return typeof value === 'string' ? [new TextEncoder().encode(value)] : []
  })
}
