import type { Branding } from './branding-definition.ts'
import type { IssuerDefinition } from './issuer-definition.ts'
import type { Kind } from '@sealgate/kit'
import type { LogHooks } from '../observability/hooks.ts'
import type { McpDefinition, McpMethod } from './mcp-definition.ts'

/** The most that a token for one audience may carry. What is not listed here is never issued. */
export interface AudienceDefinition {
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  /** Auth0 subjects that may act for others at this audience, with an `actor_token` (RFC 8693 §2.1). Default: nobody. */
  readonly actors?: readonly string[] | undefined
  /**
   * Absolute URIs by which the exchange's `resource` may name this audience (RFC 8707 §2), compared character by
   * character. No two audiences share one. Default: none.
   */
  readonly resources?: readonly string[] | undefined
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof METHODS)[number]

/** Names of the bindings that have a `fetch`, in the type that `wrangler types` makes of a configuration. */
export type ServiceName<Env extends object> = string extends keyof Env
  ? string
  : { [Name in keyof Env & string]-?: Env[Name] extends Fetching | undefined ? Name : never }[keyof Env &
      string]

interface Fetching {
  fetch(...args: never[]): unknown
}

/** An environment of which nothing is known. */
export type AnyEnv = Readonly<Record<string, unknown>>

interface CommonRoute {
  /** A literal path (`/api/reports`), or a literal prefix (`/api/*`: everything below `/api/`). Case-sensitive. */
  readonly match: string
  /** More request headers to pass on, in lower case. Default: none beyond the fixed list. */
  readonly forwardHeaders?: readonly string[] | undefined
  /** Names of cookies to pass on; this gateway's own never are. Default: none. */
  readonly forwardCookies?: readonly string[] | undefined
  /** How long the service may take to begin its response, in milliseconds. Default 10000. */
  readonly timeoutMs?: number | undefined
  /** Says that this route is meant to be less strict than the wider one that covers it. Default false. */
  readonly overrides?: boolean | undefined
}

/** A route to a service binding. */
export interface ToService<Service extends string = string> {
  /** Name of the service binding that the request goes to. */
  readonly service: Service
  readonly origin?: undefined
  readonly allowPrivate?: undefined
}

/** A route to a service that is no Worker of this account. */
export interface ToOrigin {
  readonly service?: undefined
  /**
   * Where the request goes in place of a binding: `https://` and a host, and nothing else. The path stays what it is.
   * Redirects are not followed. Plain http goes to loopback alone, with `allowPrivate`, in `WORKER_ENV=dev`.
   */
  readonly origin: `https://${string}` | `http://${string}`
  /** Says that an address that is not on the internet is meant. Names are not looked up. Default false. */
  readonly allowPrivate?: boolean | undefined
}

type Target<Service extends string> = ToService<Service> | ToOrigin

interface WithMethods {
  /** The methods that pass; others get 405. */
  readonly methods: readonly Method[]
}

/** What a route says about the internal tokens that its service gets. */
interface RouteWithToken<Audience extends string> extends CommonRoute {
  /** Whom the internal token is for: a name in `audiences`. */
  readonly audience: Audience
  /** Permissions that a caller must hold; else 403 at the edge. Default: none. */
  readonly require?: readonly string[] | undefined
  /** The most that this route's tokens carry. Default: the audience's whole maximum. */
  readonly grant?: readonly string[] | undefined
  /** Also sends `X-User-ID` and `X-User-Roles` (JSON). They inform: services decide from the token. Default false. */
  readonly identityHeaders?: boolean | undefined
}

/** A route that needs an Auth0 access token or a session, and sends the service an internal token. */
export type ProtectedRoute<
  Audience extends string = string,
  Service extends string = string,
> = Protected<Audience> & Target<Service>

interface Protected<Audience extends string> extends RouteWithToken<Audience>, WithMethods {
  readonly auth?: 'required' | undefined
  readonly mcp?: undefined
  /**
   * `redirect`: a browser whose user opens a page of this route without a session goes to log in, and comes back; errors are
   * pages. Whoever else has no credentials gets 401, as without it. It needs logins. Default: 401 for everybody.
   */
  readonly login?: 'redirect' | undefined
  /**
   * Also takes the JWT that Cloudflare Access writes into `Cf-Access-Jwt-Assertion`, where `Authorization` brings nothing. It
   * needs an issuer of the profile `cloudflare-access`. Default false.
   */
  readonly cloudflareAccess?: boolean | undefined
}

/** A route that also accepts callers without credentials: the service gets a token of `kind: "anonymous"`. */
export type AnonymousRoute<
  Audience extends string = string,
  Service extends string = string,
> = Anonymous<Audience> & Target<Service>

interface Anonymous<Audience extends string> extends RouteWithToken<Audience>, WithMethods {
  readonly auth: 'anonymous'
  readonly mcp?: undefined
  /** All that an anonymous caller's token carries. Required, so that nothing becomes public by one word. */
  readonly anonymousGrant: readonly string[]
}

/** A route that anybody may use. The service gets no token. */
export type OpenRoute<Service extends string = string> = Open & Target<Service>

interface Open extends CommonRoute, WithMethods {
  readonly auth: 'none'
  readonly mcp?: undefined
}

/** A route to an MCP server: a protected resource that clients find everything about by its URL (RFC 9728). */
export type McpRoute<Audience extends string = string, Service extends string = string> = Mcp<Audience> &
  Target<Service>

interface Mcp<Audience extends string> extends RouteWithToken<Audience> {
  readonly auth?: 'required' | undefined
  /** Default: GET, POST and DELETE, which are all that the transport has. */
  readonly methods?: readonly McpMethod[] | undefined
  /** How long the service may take to begin its response, in milliseconds. Default 60000. */
  readonly timeoutMs?: number | undefined
  readonly mcp: McpDefinition
}

export type RouteDefinition<Audience extends string = string, Service extends string = string> =
  | ProtectedRoute<Audience, Service>
  | AnonymousRoute<Audience, Service>
  | OpenRoute<Service>
  | McpRoute<Audience, Service>

/** A protected route or one to an MCP server, as it is read: its methods are checked, and not typed. */
interface WithRequiredAuth extends RouteWithToken<string> {
  readonly auth?: 'required' | undefined
  readonly methods?: readonly Method[] | undefined
  readonly login?: 'redirect' | undefined
  readonly cloudflareAccess?: boolean | undefined
  readonly mcp?: McpDefinition | undefined
}

/** A route as it is read: to a service, or to an origin. */
export type AnyRoute = (WithRequiredAuth | Anonymous<string> | Open) & {
  readonly service?: string | undefined
  readonly origin?: string | undefined
  readonly allowPrivate?: boolean | undefined
}

/** A client of the token exchange: what it may request, and how it signs. Nothing here is secret. */
export interface ClientDefinition<Audience extends string = string> {
  /**
   * `agent`: an AI agent. Whoever comes through this client, by an exchange or a route, is of `kind: "agent"`, whatever its
   * subject is. Default: the subject decides.
   */
  readonly kind?: 'agent' | undefined
  /** The audiences that it may exchange for. */
  readonly audiences: readonly Audience[]
  /**
   * Public JWKs that verify its assertions (`private_key_jwt`, RFC 7523 §2.2); of several each needs a `kid`. Default:
   * none; its secret is in `EXCHANGE_CLIENTS`.
   */
  readonly keys?: readonly Readonly<Record<string, unknown>>[] | undefined
}

/** How tokens of one audience are renewed when their caller has gone: for messages and jobs that wait. */
export interface OfflineDefinition {
  /** How long after its issue a token may be renewed, in seconds: 31 days at most. What is renewed ends by then too. */
  readonly maxAgeSeconds: number
  /** The most that a renewed token carries. It has no roles. */
  readonly permissions: readonly string[]
}

/** For whom a token is about to be issued. */
export interface TokenSubject {
  readonly sub: string
  readonly kind: Kind
  /** What the token carries. */
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  /** All claims of the access token that the subject got from its issuer; parties by their names here. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface ClaimsContext<Audience extends string = string, Env extends object = AnyEnv> {
  readonly auth: TokenSubject
  /** Whom the token is for. */
  readonly audience: Audience
  /** The environment of this Worker. */
  readonly env: Env
}

/** Claims to add, each by a public name (RFC 7519 §4.2): below a domain of yours, or a URN. */
export type AddedClaims = Readonly<Record<`https://${string}` | `urn:${string}`, unknown>>

/** All that a team says of its gateway. */
export interface GatewayDefinition<
  Audience extends string = string,
  Env extends object = AnyEnv,
> extends LogHooks<Env> {
  readonly audiences: Readonly<Record<Audience, AudienceDefinition>>
  readonly routes: readonly RouteDefinition<NoInfer<Audience>, ServiceName<Env>>[]
  /** Clients of the token exchange, by id. One that is not here may exchange for nothing. Default: none. */
  readonly clients?: Readonly<Record<string, ClientDefinition<NoInfer<Audience>>>> | undefined
  /** Issuers of access tokens beside the tenant of the `AUTH0_*` variables, each chosen by its `iss`. Default: none. */
  readonly issuers?: readonly IssuerDefinition[] | undefined
  /**
   * Claims to add to the token of a caller, in an exchange and in forwarding; they stay while the token is used. It may take
   * 2 s and its claims 2048 characters of JSON: else, and when it throws, the request fails and no token is issued. Tokens
   * of anonymous callers, transaction tokens and what is delegated carry none. Default: none.
   */
  claims?(
    context: ClaimsContext<NoInfer<Audience>, Env>,
  ): AddedClaims | undefined | Promise<AddedClaims | undefined>
  /**
   * The services whose tokens `Exchange.renew` may issue anew after they have ended, by audience: those that work for a caller
   * who has gone. It needs a deny-list. Default: none.
   */
  readonly offline?: Readonly<Partial<Record<NoInfer<Audience>, OfflineDefinition>>> | undefined
  /** How the gateway's own pages look. Default: plain, with the site's host. */
  readonly branding?: Branding | undefined
}

/** Declares audiences, routes and clients, so that a route or client for an unknown audience does not compile. */
export function defineGateway<const Audience extends string>(
  definition: GatewayDefinition<Audience>,
): GatewayDefinition<Audience>
/**
 * The same for an environment that is known, so that a route to a service without a binding does not compile either:
 * `defineGateway<Env>()({ … })`, with the type that `wrangler types` makes.
 */
export function defineGateway<Env extends object>(): <const Audience extends string>(
  definition: GatewayDefinition<Audience, Env>,
) => GatewayDefinition<Audience>
export function defineGateway(definition?: GatewayDefinition): unknown {
  return definition ?? ((later: GatewayDefinition) => later)
}
