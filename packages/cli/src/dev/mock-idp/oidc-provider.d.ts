/** The part of oidc-provider (which ships no types) that the mock IdP uses. */
declare module 'oidc-provider' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Cookies {
    set(name: string, value: string | null, options?: Readonly<Record<string, unknown>>): unknown
  }

  /** Koa's context. */
  export interface Context {
    req: IncomingMessage
    readonly request: { req: IncomingMessage }
    readonly res: ServerResponse
    readonly method: string
    readonly path: string
    readonly cookies: Cookies
    query: Record<string, string | string[] | undefined>
    status: number
    type: string
    body: unknown
    respond: boolean
    get(header: string): string
    set(header: string, value: string): void
    redirect(url: string): void
  }

  /** The context inside the library's own routes. */
  export interface OidcContext extends Context {
    readonly oidc: {
      readonly provider: Provider
      readonly client: Client
      readonly account: { readonly accountId: string }
      readonly params: Record<string, string | undefined>
      /** By the identifier that was requested (RFC 8707). */
      readonly resourceServers: Readonly<Record<string, ResourceServer>>
    }
  }

  export interface Client {
    readonly clientId: string
    readonly redirectUris: readonly string[]
    readonly backchannelLogoutUri?: string
    grantTypeAllowed(grantType: string): boolean
    backchannelLogout(sub: string, sid: string | undefined): Promise<void>
  }

  export interface ResourceServerInfo {
    readonly scope: string
    readonly audience: string
    readonly accessTokenTTL: number
    readonly accessTokenFormat: 'jwt'
    readonly jwt: { readonly sign: { readonly alg: 'RS256' } }
  }

  export interface TokenModel {
    readonly kind: 'AccessToken' | 'ClientCredentials'
    readonly clientId: string
    readonly accountId?: string
    readonly scope?: string
    readonly gty?: string
    readonly expiration: number
    resourceServer: ResourceServer
    save(): Promise<string>
  }

  export interface ResourceServer {
    readonly scope: string
  }

  export interface GrantModel {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export interface IdTokenModel {
    scope: string
    mask: Readonly<Record<string, unknown>>
    rejected: readonly string[]
    issue(options: { use: 'idtoken' }): Promise<string>
  }

  export interface SessionModel {
    readonly accountId?: string
    /** By client id. */
    readonly authorizations?: Readonly<Record<string, { readonly sid?: string }>>
    destroy(): Promise<void>
  }

  export interface InteractionDetails {
    readonly uid: string
    readonly prompt: { readonly name: string }
    readonly params: Readonly<Record<string, unknown>>
  }

  export interface JwtParts {
    header: Record<string, unknown> | undefined
    payload: Record<string, unknown>
  }

  export interface AdapterPayload {
    uid?: string
    userCode?: string
    grantId?: string
    consumed?: number
    [member: string]: unknown
  }

  export interface Adapter {
    find(id: string): Promise<AdapterPayload | undefined>
    findByUid(uid: string): Promise<AdapterPayload | undefined>
    findByUserCode(userCode: string): Promise<AdapterPayload | undefined>
    upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export interface ErrorOut {
    readonly error: string
    readonly error_description?: string
  }

  type NewModel<Model> = new (members: Readonly<Record<string, unknown>>) => Model

  export default class Provider extends EventEmitter {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly AccessToken: NewModel<TokenModel> & {
      find(token: string): Promise<TokenModel | undefined>
    }
    readonly RefreshToken: NewModel<{ save(): Promise<string> }>
    readonly ClientCredentials: NewModel<TokenModel>
    readonly Grant: NewModel<GrantModel>
    readonly IdToken: new (
      claims: Readonly<Record<string, unknown>>,
      options: { readonly ctx: OidcContext },
    ) => IdTokenModel
    readonly ResourceServer: new (identifier: string, info: ResourceServerInfo) => ResourceServer
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly Session: { get(ctx: Context): Promise<SessionModel> }
    use(middleware: (ctx: Context, next: () => Promise<void>) => unknown): this
    callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>
    cookieName(kind: 'session'): string
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<InteractionDetails>
    interactionResult(
      req: IncomingMessage,
      res: ServerResponse,
      result: Readonly<Record<string, unknown>>,
      options: { readonly mergeWithLastSubmission: false },
    ): Promise<string>
    registerGrantType(
      name: string,
      handler: (ctx: OidcContext) => Promise<void>,
      parameters: readonly string[],
      repeatable: readonly string[],
    ): void
    on(event: 'grant.error', listener: (ctx: Context, error: OIDCProviderError) => void): this
    on(event: 'server_error', listener: (ctx: Context, error: Error) => void): this
    on(event: 'error', listener: (error: Error) => void): this
  }

  interface OIDCProviderError extends Error {
    readonly error: string
    readonly error_detail?: string
  }

  export const errors: {
    readonly CustomOIDCProviderError: new (error: string, description: string) => OIDCProviderError
    readonly InvalidTarget: new () => OIDCProviderError
    readonly InvalidGrant: new (detail: string) => OIDCProviderError
    readonly SessionNotFound: new (description: string) => OIDCProviderError
  }

  export const interactionPolicy: {
    base(): { get(name: 'consent'): { readonly checks: { clear(): void } } | undefined }
  }
}
