import { ConfigError } from '@sealgate/kit'
import type { AnyRoute, Method } from './definition.ts'
import { MCP_METHODS, type McpDefinition } from './mcp-definition.ts'
import { DEFAULT_CALLBACK_PATH, isReserved } from './reserved-paths.ts'

interface CommonRoute {
  readonly match: string
  readonly methods: readonly Method[]
  /** Name of the service binding; else the origin. */
  readonly service: string
  /** `undefined`: it goes to a service binding. */
  readonly origin: string | undefined
  readonly allowPrivate: boolean
  readonly forwardHeaders: readonly string[]
  readonly forwardCookies: readonly string[]
  readonly timeoutMs: number
}

interface RouteWithToken extends CommonRoute {
  readonly audience: string
  readonly require: readonly string[]
  readonly grant: readonly string[] | undefined
  readonly identityHeaders: boolean
}

/** A route, checked, with every default filled in. */
export type Route =
  | (RouteWithToken & {
      readonly auth: 'required'
      readonly login: 'redirect' | undefined
      readonly mcp: McpDefinition | undefined
      readonly cloudflareAccess: boolean
    })
  | (RouteWithToken & { readonly auth: 'anonymous'; readonly anonymousGrant: readonly string[] })
  | (CommonRoute & { readonly auth: 'none' })

/** What a path and a method come to. */
export type Match =
  | { readonly route: Route }
  /** The path has routes, but none for this method: the methods that it has. */
  | { readonly allow: readonly Method[] }

const DEFAULT_TIMEOUT_MS = 10_000

/** A tool may work before its server says anything. Clients wait as long by default. */
const MCP_TIMEOUT_MS = 60_000

/** Finds routes by path. Its cost grows with the depth of the deepest pattern, not with the number of routes. */
export class RouteTable {
  readonly routes: readonly Route[]
  /** By pattern: exact paths as they are, prefixes with their closing slash and star. */
  readonly #byPattern = new Map<string, Route[]>()
  readonly #maxDepth: number

  /**
   * @param callbackPath one of the gateway's reserved paths, which is a setting
   * @throws ConfigError for two routes in each other's way, and for one of the gateway's reserved paths
   */
  constructor(definitions: readonly AnyRoute[], callbackPath: string = DEFAULT_CALLBACK_PATH) {
    this.routes = definitions.map(withDefaults)
    rejectConflicts(this.routes, definitions, callbackPath)
    for (const route of this.routes) {
      this.#byPattern.set(route.match, [...(this.#byPattern.get(route.match) ?? []), route])
    }
    this.#maxDepth = Math.max(0, ...this.routes.map(({ match }) => match.split('/').length - 1))
  }

  /**
   * The route for a path in its plain form. The longest pattern wins, whatever its methods. A path that differs from a
   * pattern by its closing slash alone has no route: many services take both for the same, and a shorter pattern would
   * request less.
   */
  find(path: string, method: string): Match | undefined {
    const routes = this.#longest(path)
    if (!routes) return undefined
    const route = routes.find(({ methods }) => methods.some((one) => one === method))
    return route ? { route } : { allow: routes.flatMap(({ methods }) => methods) }
  }

  #longest(path: string): readonly Route[] | undefined {
    const exact = this.#byPattern.get(path)
    if (exact && !path.endsWith('*')) return exact
    const prefixes: string[] = []
    for (
      let slash = 0;
      slash >= 0 && prefixes.length < this.#maxDepth;
      slash = path.indexOf('/', slash + 1)
    ) {
      prefixes.push(`${path.slice(0, slash + 1)}*`)
    }
    const longest = prefixes.findLast((prefix) => this.#byPattern.has(prefix))
    const isTwin = path.endsWith('/')
      ? longest !== `${path}*` && this.#byPattern.has(path.slice(0, -1))
      : this.#byPattern.has(`${path}/*`)
    if (isTwin) return undefined
    return longest === undefined ? undefined : this.#byPattern.get(longest)
  }
}

function withDefaults(definition: AnyRoute): Route {
  const {
    match,
    mcp,
    methods = MCP_METHODS,
    origin,
    allowPrivate = false,
    forwardHeaders = [],
    forwardCookies = [],
  } = definition
  const service = definition.service ?? origin ?? ''
  const { timeoutMs = mcp ? MCP_TIMEOUT_MS : DEFAULT_TIMEOUT_MS } = definition
  const to = { service, origin, allowPrivate }
  const common = { match, methods, ...to, forwardHeaders, forwardCookies, timeoutMs }
  if (definition.auth === 'none') return { ...common, auth: 'none' }
  const { audience, require = [], grant, identityHeaders = false } = definition
  const withToken = { ...common, audience, require, grant, identityHeaders }
  return definition.auth === 'anonymous'
    ? { ...withToken, auth: 'anonymous', anonymousGrant: definition.anonymousGrant }
    : {
        ...withToken,
        auth: 'required',
        login: definition.login,
        mcp,
        cloudflareAccess: definition.cloudflareAccess ?? false,
      }
}

function rejectConflicts(
  routes: readonly Route[],
  definitions: readonly AnyRoute[],
  callbackPath: string,
): void {
  routes.forEach((route, index) => {
    if (isReserved(route.match, callbackPath)) {
      throw new ConfigError(`ROUTES has ${route.match}, which the gateway serves itself: choose another path`)
    }
    const shared = routes
      .slice(index + 1)
      .filter((other) => other.match === route.match)
      .flatMap(({ methods }) => methods)
      .find((method) => route.methods.includes(method))
    if (shared !== undefined) {
      throw new ConfigError(`ROUTES has two routes for ${shared} ${route.match}: keep one`)
    }
    const opened = routes.find((wider) => covers(wider, route) && isLessStrict(route, wider))
    if (opened && definitions[index]?.overrides !== true) {
      throw new ConfigError(
        `ROUTES: ${route.match} is less strict than ${opened.match}, which covers it. If it is meant to be, set overrides: true on it`,
      )
    }
  })
}

/** True when `wider` would take some of `narrower`'s requests if `narrower` were not there. */
function covers(wider: Route, narrower: Route): boolean {
  return (
    wider !== narrower &&
    wider.match.endsWith('*') &&
    narrower.match !== wider.match &&
    narrower.match.startsWith(wider.match.slice(0, -1)) &&
    narrower.methods.some((method) => wider.methods.includes(method))
  )
}

const STRICTNESS = { none: 0, anonymous: 1, required: 2 } as const

function isLessStrict(route: Route, than: Route): boolean {
  if (STRICTNESS[route.auth] !== STRICTNESS[than.auth]) return STRICTNESS[route.auth] < STRICTNESS[than.auth]
  if (route.auth === 'none' || than.auth === 'none') return false
  return than.require.some((permission) => !route.require.includes(permission))
}
