export const PASSWORD_REALM = 'http://auth0.com/oauth/grant-type/password-realm'

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

export type GrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | typeof PASSWORD_REALM
  | typeof TOKEN_EXCHANGE

/** An application of the tenant. */
export interface TenantClient {
  readonly clientId: string
  /** Absent: a public client. */
  readonly clientSecret?: string
  readonly grantTypes: readonly GrantType[]
  /** Auth0's "Allowed Callback URLs", compared exactly. */
  readonly callbackUrls: readonly string[]
  /** Auth0's "Back-Channel Logout URI". */
  readonly backchannelLogoutUrl?: string
  /** The client grant: what `client_credentials` may request. */
  readonly permissions: readonly string[]
}

const GATEWAY_ORIGINS = ['http://127.0.0.1:8787', 'http://localhost:8787']
const GATEWAY_CALLBACKS = GATEWAY_ORIGINS.map((origin) => `${origin}/auth/callback`)

/** The applications that the project and its tests use. The secrets are for this machine only. */
export const demoClients = {
  /** The gateway's login. */
  web: {
    clientId: 'sealgate-web',
    clientSecret: 'local-secret-of-sealgate-web',
    grantTypes: ['authorization_code', 'refresh_token'],
    callbackUrls: GATEWAY_CALLBACKS,
    backchannelLogoutUrl: 'http://127.0.0.1:8787/auth/backchannel-logout',
    permissions: [],
  },
  /** A browser application: no secret, PKCE. */
  spa: {
    clientId: 'sealgate-spa',
    grantTypes: ['authorization_code', 'refresh_token'],
    callbackUrls: GATEWAY_ORIGINS.map((origin) => `${origin}/app/`),
    permissions: [],
  },
  /** A machine. */
  m2m: {
    clientId: 'sealgate-m2m',
    clientSecret: 'local-secret-of-sealgate-m2m',
    grantTypes: ['client_credentials'],
    callbackUrls: [],
    permissions: ['read:reports'],
  },
  /** A first-party back office that still requests passwords itself. */
  backoffice: {
    clientId: 'sealgate-backoffice',
    clientSecret: 'local-secret-of-sealgate-backoffice',
    grantTypes: [PASSWORD_REALM, 'refresh_token'],
    callbackUrls: [],
    permissions: [],
  },
  /** Lets one curl line get a user's token. */
  cli: {
    clientId: 'sealgate-cli',
    clientSecret: 'local-secret-of-sealgate-cli',
    grantTypes: [PASSWORD_REALM],
    callbackUrls: [],
    permissions: [],
  },
  /** An MCP client that the enterprise manages: it gets identity assertions, and is the gateway's client of the same id. */
  desktop: {
    clientId: 'sealgate-desktop',
    clientSecret: 'local-secret-of-sealgate-desktop',
    grantTypes: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    callbackUrls: ['http://127.0.0.1:33418/callback'],
    permissions: [],
  },
  /** An application of the same tenant that the gateway does not know. */
  foreign: {
    clientId: 'foreign-app',
    clientSecret: 'local-secret-of-foreign-app',
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', PASSWORD_REALM],
    callbackUrls: GATEWAY_CALLBACKS,
    permissions: ['read:reports'],
  },
} as const satisfies Record<string, TenantClient>

/** The same clients, with more callback URLs for those that have any; the first says where a gateway is told of logouts. */
export function withCallbacks(
  clients: readonly TenantClient[],
  callbackUrls: readonly string[],
): TenantClient[] {
  const [first] = callbackUrls
  return clients.map((client) => {
    if (client.callbackUrls.length === 0) return client
    const { backchannelLogoutUrl: told } = client
    return {
      ...client,
      callbackUrls: [...new Set([...client.callbackUrls, ...callbackUrls])],
      ...(told !== undefined &&
        first !== undefined && { backchannelLogoutUrl: new URL(new URL(told).pathname, first).href }),
    }
  })
}

/** Origins that may call the token endpoint from a browser. */
export function webOrigins(client: TenantClient): string[] {
  return originsOf(client.callbackUrls)
}

export function originsOf(urls: readonly string[]): string[] {
  return [...new Set(urls.map((url) => new URL(url).origin))]
}

/** Auth0's "Allowed Logout URLs": here the front page of each callback's origin, with and without its slash. */
export function logoutUrls(client: TenantClient): string[] {
  return webOrigins(client).flatMap((origin) => [`${origin}/`, origin])
}

/** RFC 7591 metadata, as oidc-provider reads it. */
export function clientMetadata(client: TenantClient): Record<string, unknown> {
  return {
    client_id: client.clientId,
    ...(client.clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'client_secret_post', client_secret: client.clientSecret }),
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    redirect_uris: client.callbackUrls,
    ...(client.backchannelLogoutUrl !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUrl,
      backchannel_logout_session_required: true,
    }),
  }
}
