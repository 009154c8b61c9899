import type Provider from 'oidc-provider'
import type { OidcContext } from 'oidc-provider'

import { MAX_FAILURES, type Failures } from './attempts.ts'
import { PASSWORD_REALM } from './clients.ts'
import { OIDC_SCOPES, scopesOf, type TenantContext } from './context.ts'
import {
  answer,
  blockedUser,
  mfaRequired,
  missingParameter,
  tooManyAttempts,
  unknownAudience,
  unknownConnection,
  wrongPassword,
  type Answer,
} from './errors.ts'
import { callerAddress } from './forwarded-for.ts'
import { attempt } from './password.ts'
import { resourceServer } from './resource-server.ts'
import { profileClaims, type TenantUser } from './users.ts'

/** Auth0's default database connection, and the only realm of this tenant. */
export const REALM = 'Username-Password-Authentication'

/** Auth0's password grant for one connection. RFC 9700 §2.4 says not to use it; back offices still do. */
export function registerPasswordRealm(provider: Provider, tenant: TenantContext): void {
  const handler = async (ctx: OidcContext): Promise<void> => answer(ctx, await grant(ctx, provider, tenant))
  const parameters = ['username', 'password', 'realm', 'audience', 'scope']
  provider.registerGrantType(PASSWORD_REALM, handler, parameters, [])
}

async function grant(ctx: OidcContext, provider: Provider, tenant: TenantContext): Promise<Answer> {
  const { username, password, realm, audience, scope } = ctx.oidc.params
  if (username === undefined) return missingParameter('username')
  if (password === undefined) return missingParameter('password')
  if (realm !== REALM) return unknownConnection
  if (audience !== undefined && audience !== tenant.audience) return unknownAudience(audience)

  const now = Math.floor(Date.now() / 1000)
  const ip = recordCaller(ctx, tenant, username)
  const login = attempt(tenant, username, password, ip, now)
  rateHeaders(ctx, tenant.attempts.of(username, ip, now), now)
  if (login.outcome !== 'ok') return REJECTIONS[login.outcome]
  if (login.user.mfa === true) return mfaRequired()
  return {
    status: 200,
    body: await issueTokens(ctx, provider, tenant, login.user, audience, scopesOf(scope)),
  }
}

const REJECTIONS = { wrong: wrongPassword, blocked: blockedUser, locked: tooManyAttempts } as const

function recordCaller(ctx: OidcContext, tenant: TenantContext, username: string): string {
  const { clientId } = ctx.oidc.client
  const client = tenant.clients.find((candidate) => candidate.clientId === clientId)
  const ip = callerAddress(ctx, client?.clientSecret !== undefined)
  const header = ctx.get('auth0-forwarded-for')
  tenant.forwardedFor.add({ clientId, username, header: header === '' ? undefined : header, ip })
  return ip
}

function rateHeaders(ctx: OidcContext, { count, resetAt }: Failures, now: number): void {
  ctx.set('X-RateLimit-Limit', String(MAX_FAILURES))
  ctx.set('X-RateLimit-Remaining', String(Math.max(0, MAX_FAILURES - count)))
  ctx.set('X-RateLimit-Reset', String(resetAt))
  if (count >= MAX_FAILURES) ctx.set('Retry-After', String(resetAt - now))
}

/** A password that requests no API scope gets all that its user holds: there was no consent to narrow it. */
function grantedScopes(user: TenantUser, asked: readonly string[], audience: string | undefined): string[] {
  const oidc = OIDC_SCOPES.filter((name) => asked.includes(name))
  if (audience === undefined) return oidc
  const api = asked.filter((name) => !OIDC_SCOPES.includes(name))
  const held = user.permissions.filter((name) => api.length === 0 || api.includes(name))
  return [...oidc, ...held]
}

async function issueTokens(
  ctx: OidcContext,
  provider: Provider,
  tenant: TenantContext,
  user: TenantUser,
  audience: string | undefined,
  asked: readonly string[],
): Promise<Record<string, unknown>> {
  const { client } = ctx.oidc
  const scopes = grantedScopes(user, asked, audience)
  const scope = scopes.join(' ')
  const grant = new provider.Grant({ clientId: client.clientId, accountId: user.sub })
  grant.addOIDCScope(OIDC_SCOPES.join(' '))
  if (audience !== undefined) grant.addResourceScope(audience, scope)
  const source = { accountId: user.sub, client, grantId: await grant.save(), gty: 'password', scope }

  const accessToken = new provider.AccessToken(source)
  if (audience !== undefined) accessToken.resourceServer = resourceServer(provider, tenant)
  const refreshToken = new provider.RefreshToken({ ...source, resource: audience, rotations: 0 })
  const refreshable = scopes.includes('offline_access') && client.grantTypeAllowed('refresh_token')
  return {
    access_token: await accessToken.save(),
    refresh_token: refreshable ? await refreshToken.save() : undefined,
    id_token: scopes.includes('openid') ? await idToken(ctx, provider, tenant, user, scope) : undefined,
    scope,
    expires_in: accessToken.expiration,
    token_type: 'Bearer',
  }
}

async function idToken(
  ctx: OidcContext,
  provider: Provider,
  tenant: TenantContext,
  user: TenantUser,
  scope: string,
): Promise<string> {
  const token = new provider.IdToken(profileClaims(user, tenant.rolesClaim), { ctx })
  token.scope = scope
  token.mask = {}
  token.rejected = []
  return token.issue({ use: 'idtoken' })
}
