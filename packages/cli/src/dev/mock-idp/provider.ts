import Provider, {
  errors,
  interactionPolicy,
  type Client,
  type Context,
  type ErrorOut,
  type GrantModel,
  type JwtParts,
  type OidcContext,
  type TokenModel,
} from 'oidc-provider'

import { accessTokenClaims, accessTokenHeader } from './access-token.ts'
import { clientMetadata, originsOf } from './clients.ts'
import { OIDC_SCOPES, type TenantContext } from './context.ts'
import { unknownAudience } from './errors.ts'
import { ID_JAG } from './identity-assertions.ts'
import { loginUrl } from './login.ts'
import { postLogout } from './logout.ts'
import { showError } from './page.ts'
import { isBlocked } from './password.ts'
import { clientDocuments, REGISTRATION_PATH } from './client-registration.ts'
import { isLoopbackResource, resourceServerInfo } from './resource-server.ts'
import { CLAIMS_BY_SCOPE } from './userinfo.ts'
import { profileClaims } from './users.ts'

const DAY = 86_400
/** Auth0's default lifetime of a rotating refresh token. */
const REFRESH_TOKEN_SECONDS = 30 * DAY

/** oidc-provider, configured to look like an Auth0 tenant. Made anew when the keys change; the storage stays. */
export function createProvider(tenant: TenantContext): Provider {
  return new Provider(tenant.issuer, {
    adapter: (model: string) => tenant.storage.adapter(model),
    jwks: { keys: tenant.keys.published.map((key) => key.privateJwk) },
    clients: tenant.clients.map(clientMetadata),
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      jwks: '/.well-known/jwks.json',
      revocation: '/oauth/revoke',
      end_session: '/oidc/logout',
      registration: REGISTRATION_PATH,
    },
    discovery: {
      identity_chaining_requested_token_types_supported: [ID_JAG],
      userinfo_endpoint: `${tenant.issuer}userinfo`,
      end_session_endpoint: `${tenant.issuer}oidc/logout`,
    },
    cookies: {
      names: { session: 'auth0', interaction: 'auth0_login', resume: 'auth0_resume' },
      keys: [tenant.cookieKey],
    },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_post', 'client_secret_basic', 'none'],
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    // Auth0 asks public clients for PKCE; this tenant asks everybody, so that nobody forgets it.
    pkce: { required: () => true },
    scopes: OIDC_SCOPES,
    claims: { openid: ['sub', 'sid', 'org_id', tenant.rolesClaim], ...CLAIMS_BY_SCOPE },
    conformIdTokenClaims: false,
    extraParams: ['audience', 'connection', 'organization'],
    clientBasedCORS: (_ctx: Context, origin: string, client: Client) =>
      originsOf(client.redirectUris).includes(origin),
    fetch: outgoing(),
    findAccount: findAccount(tenant),
    loadExistingGrant: newGrant(tenant),
    rotateRefreshToken: true,
    formats: { customizers: { jwt: shapeAccessToken(tenant) } },
    interactions: {
      policy: withoutConsent(),
      url: (_ctx: Context, { uid }: { uid: string }) => loginUrl(uid),
    },
    renderError: (ctx: Context, { error, error_description }: ErrorOut) =>
      showError(ctx, ctx.status, error_description === undefined ? error : `${error}: ${error_description}`),
    ttl: {
      AccessToken: tenant.accessTokenSeconds,
      ClientCredentials: tenant.accessTokenSeconds,
      AuthorizationCode: 60,
      Grant: REFRESH_TOKEN_SECONDS,
      IdToken: 10 * 3600,
      Interaction: 3600,
      RefreshToken: REFRESH_TOKEN_SECONDS,
      Session: 3 * DAY,
    },
    features: {
      devInteractions: { enabled: false },
      // An access token of a request with a proof is bound to its key (RFC 9449 §5).
      dPoP: { enabled: true },
      backchannelLogout: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      // The tenant has its own: see logout.ts and userinfo.ts.
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx: Context, client: Client, token: { readonly clientId: string }) =>
          token.clientId === client.clientId,
      },
      registration: { enabled: true, issueRegistrationAccessToken: false },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx: OidcContext) => ctx.oidc.params['audience'],
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx: OidcContext, resource: string) => {
          if (resource === tenant.audience) return resourceServerInfo(tenant)
          // RFC 8707 §2. Who names it in Auth0's own parameter gets Auth0's own words.
          if (resource !== ctx.oidc.params['audience']) {
            if (isLoopbackResource(resource)) return resourceServerInfo(tenant, resource)
            throw new errors.InvalidTarget()
          }
          const { error, error_description } = unknownAudience(resource).body
          throw new errors.CustomOIDCProviderError(error, error_description)
        },
      },
    },
  })
}

/** It posts logout tokens, and gets what clients say of themselves. */
function outgoing(): typeof fetch {
  const documents = clientDocuments()
  return (input, init) => (init?.method === 'POST' ? postLogout(input, init) : documents(input, init))
}

function findAccount(tenant: TenantContext) {
  return (_ctx: Context, sub: string, token?: { readonly sessionUid?: string }) => {
    const user = tenant.users.find((candidate) => candidate.sub === sub)
    // A refresh token of a blocked user gets nothing more. Access tokens live on.
    if (user === undefined || isBlocked(tenant, user)) return undefined
    return {
      accountId: sub,
      claims: () => ({ ...profileClaims(user, tenant.rolesClaim), sid: token?.sessionUid }),
    }
  }
}

/** Each login gets a grant of its own, so that a reused refresh token ends one family of tokens and no other. */
function newGrant(tenant: TenantContext) {
  return async (ctx: OidcContext): Promise<GrantModel> => {
    const { client, account, params, provider } = ctx.oidc
    const user = tenant.users.find(({ sub }) => sub === account.accountId)
    const organization = params['organization']
    if (organization !== undefined && organization !== user?.orgId) {
      const description = `user ${account.accountId} is not part of the ${organization} organization`
      throw new errors.CustomOIDCProviderError('access_denied', description)
    }
    const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId })
    grant.addOIDCScope(OIDC_SCOPES.join(' '))
    const scopes = [...OIDC_SCOPES, ...(user?.permissions ?? [])].join(' ')
    for (const resource of new Set([tenant.audience, ...Object.keys(ctx.oidc.resourceServers)])) {
      grant.addResourceScope(resource, scopes)
    }
    await grant.save()
    return grant
  }
}

function shapeAccessToken(tenant: TenantContext) {
  return (_ctx: Context, token: TokenModel, jwt: JwtParts): void => {
    const { iat, exp, aud, cnf } = jwt.payload
    jwt.header = accessTokenHeader(tenant)
    jwt.payload = accessTokenClaims(tenant, {
      clientId: token.clientId,
      sub: token.accountId,
      ...(typeof aud === 'string' && aud !== tenant.audience && { resource: aud }),
      scope: token.scope,
      grants: token.gty,
      issuedAt: Number(iat),
      expiresAt: Number(exp),
      cnf,
    })
  }
}

/**
 * First-party applications need no consent. The prompt itself stays known, because oidc-provider gives refresh
 * tokens only to requests that name it (see `askForRefreshToken`).
 */
function withoutConsent() {
  const policy = interactionPolicy.base()
  policy.get('consent')?.checks.clear()
  return policy
}
