import { ConfigError } from '@sealgate/kit'
import type * as z from 'zod/mini'
import type { AudienceDefinition, GatewayDefinition } from './definition.ts'
import { audiences, routes } from './definition-schema.ts'
import { isOwnCookie, type LoginSettings } from './login-settings.ts'
import { problemOfOrigin } from './route-origin.ts'
import { RouteTable } from './route-table.ts'
import { check } from './value-types.ts'
import { definitionError, present, reject, type Variables } from './schema.ts'

/** A service binding, as far as forwarding needs it. */
export interface Service {
  fetch(request: Request): Promise<Response>
}

/** What the gateway stands in front of. */
export interface ServiceSettings {
  readonly audiences: ReadonlyMap<string, AudienceDefinition>
  /** The audience that each `resource` names (RFC 8707 §2). */
  readonly audiencesByResource: ReadonlyMap<string, string>
  readonly routes: RouteTable
  /** Service bindings by name. */
  readonly services: ReadonlyMap<string, Service>
}

/**
 * @param definition audiences and routes, unless `AUDIENCES` and `ROUTES` replace them
 * @throws ConfigError naming the variable and what to do
 */
export function readServices(
  env: object,
  variables: Variables,
  definition: GatewayDefinition,
  { callbackPath, cookieNames }: LoginSettings,
): ServiceSettings {
  const known = parseAudiences(variables.AUDIENCES ?? definition.audiences)
  const table = new RouteTable(variables.ROUTES ?? checkRoutes(definition.routes), callbackPath)
  rejectOwnCookies(table, cookieNames)
  rejectOrigins(table, variables)
  return {
    audiences: known,
    audiencesByResource: byResource(known),
    routes: table,
    services: bindServices(env, table, known),
  }
}

function parseAudiences(given: unknown): ReadonlyMap<string, AudienceDefinition> {
  const parsed = check(audiences, given)
  if (!parsed.success) throw definitionError('AUDIENCES', parsed.error)
  if (Object.keys(parsed.data).length === 0) reject('AUDIENCES', 'names no audience: nothing could be issued')
  return new Map(
    Object.entries(parsed.data).map(([audience, { permissions, roles, actors = [], resources = [] }]) => [
      audience,
      { permissions: [...new Set(permissions)], roles: [...new Set(roles)], actors, resources },
    ]),
  )
}

function byResource(known: ReadonlyMap<string, AudienceDefinition>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [audience, { resources = [] }] of known) {
    for (const resource of resources) {
      const other = found.get(resource)
      if (other !== undefined && other !== audience) {
        reject(
          'AUDIENCES',
          `gives the resource ${resource} to both ${other} and ${audience}: it must name one`,
        )
      }
      found.set(resource, audience)
    }
  }
  return found
}

function checkRoutes(given: unknown): z.infer<typeof routes> {
  const parsed = check(routes, given)
  if (!parsed.success) throw definitionError('ROUTES', parsed.error)
  return parsed.data
}

/** The name of the session's cookie is a setting: the schema of routes knows the usual one alone. */
function rejectOwnCookies({ routes }: RouteTable, names: LoginSettings['cookieNames']): void {
  for (const { match, forwardCookies } of routes) {
    const own = forwardCookies.find((cookie) => isOwnCookie(cookie, names))
    if (own !== undefined)
      reject('ROUTES', `${match} passes on ${own}, which is a cookie of the gateway itself`)
  }
}

function rejectOrigins(
  { routes }: RouteTable,
  { WORKER_ENV: environment, BASE_URL: baseUrl }: Variables,
): void {
  for (const { match, origin, allowPrivate } of routes) {
    const problem =
      origin === undefined ? undefined : problemOfOrigin(origin, { allowPrivate, environment, baseUrl })
    if (problem !== undefined) reject('ROUTES', `${match} goes to ${origin}, which ${problem}`)
  }
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
    const maximum = known.get(route.audience)?.permissions
    const unknown = [
      ...route.require,
      ...(route.grant ?? []),
      ...(route.auth === 'anonymous' ? route.anonymousGrant : []),
    ].find((one) => maximum?.includes(one) !== true)
    if (unknown !== undefined) {
      reject('ROUTES', `${route.match} names ${unknown}, which the audience ${route.audience} never carries`)
    }
  }
  const bound = routes.filter(({ origin }) => origin === undefined)
  const names = [...new Set(bound.map(({ service }) => service))]
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
