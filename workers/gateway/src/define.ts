/** The most that a token for one audience may carry. What is not listed here is never minted. */
export interface AudienceDefinition {
  readonly permissions: readonly string[]
  readonly roles: readonly string[]
  /** Auth0 subjects that may act for others at this audience, with an `actor_token` (RFC 8693 §2.1). Default: nobody. */
  readonly actors?: readonly string[] | undefined
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof METHODS)[number]

interface CommonRoute {
  /** A literal path (`/api/reports`), or a literal prefix (`/api/*`: everything below `/api/`). Case-sensitive. */
  readonly match: string
  /** The methods that pass; others are answered 405. */
  readonly methods: readonly Method[]
  /** Name of the service binding that the request goes to. */
  readonly service: string
  /** More request headers to pass on, in lower case. Default: none beyond the fixed list. */
  readonly forwardHeaders?: readonly string[] | undefined
  /** How long the service may take to begin its answer, in milliseconds. Default 10000. */
  readonly timeoutMs?: number | undefined
  /** Says that this route is meant to be less strict than the wider one that covers it. Default false. */
  readonly overrides?: boolean | undefined
}

/** A route that needs an Auth0 access token, and sends the service an internal one. */
export interface ProtectedRoute<Audience extends string = string> extends CommonRoute {
  readonly auth?: 'required' | undefined
  /** Whom the internal token is for: a name in `audiences`. */
  readonly audience: Audience
  /** Permissions that a caller must hold; else 403 at the edge. Default: none. */
  readonly require?: readonly string[] | undefined
  /** The most that this route's tokens carry. Default: the audience's whole ceiling. */
  readonly grant?: readonly string[] | undefined
}

/** A route that anybody may use. The service gets no token. */
export interface OpenRoute extends CommonRoute {
  readonly auth: 'none'
}

export type RouteDefinition<Audience extends string = string> = ProtectedRoute<Audience> | OpenRoute

export interface GatewayDefinition<Audience extends string = string> {
  readonly audiences: Readonly<Record<Audience, AudienceDefinition>>
  readonly routes: readonly RouteDefinition<NoInfer<Audience>>[]
}

/** Declares audiences and routes, so that a route for an unknown audience does not compile. */
export function defineGateway<const Audience extends string>(
  definition: GatewayDefinition<Audience>,
): GatewayDefinition<Audience> {
  return definition
}
