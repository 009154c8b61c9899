import type Provider from 'oidc-provider'
import type { Context } from 'oidc-provider'

import { scopesOf, userinfoAudience, type TenantContext } from './context.ts'
import { verifyOwn } from './published-keys.ts'
import { profileClaims } from './users.ts'

/** The claims that a scope shows (OpenID Connect Core §5.4). Namespaced claims and `org_id` need none. */
export const CLAIMS_BY_SCOPE = {
  profile: ['name', 'nickname'],
  email: ['email', 'email_verified'],
} as const

/**
 * Koa middleware: `/userinfo` for API tokens. oidc-provider's own accepts opaque tokens only; Auth0's takes any
 * access token for which `openid` was asked.
 */
export function userinfoRoute(provider: Provider, tenant: TenantContext) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    if (ctx.path !== '/userinfo' || !['GET', 'POST'].includes(ctx.method)) return next()
    const bearer = /^Bearer ([^\s]+)$/i.exec(ctx.get('authorization'))?.[1]
    const token = bearer === undefined ? undefined : await findToken(provider, tenant, bearer)
    const user = tenant.users.find((candidate) => candidate.sub === token?.sub)
    if (token === undefined || user === undefined) {
      ctx.status = 401
      ctx.set('WWW-Authenticate', bearer === undefined ? 'Bearer' : 'Bearer error="invalid_token"')
      ctx.body = 'Unauthorized'
      return
    }
    ctx.set('Cache-Control', 'no-store')
    ctx.body = shown(profileClaims(user, tenant.rolesClaim), token.scopes)
  }
}

interface FoundToken {
  readonly sub: string | undefined
  readonly scopes: readonly string[]
}

async function findToken(
  provider: Provider,
  tenant: TenantContext,
  token: string,
): Promise<FoundToken | undefined> {
  if (token.includes('.')) {
    const payload = await verifyOwn(tenant, token, { audience: userinfoAudience(tenant) }).catch(
      () => undefined,
    )
    if (payload === undefined) return undefined
    return {
      sub: payload.sub,
      scopes: scopesOf(typeof payload['scope'] === 'string' ? payload['scope'] : ''),
    }
  }
  const stored = await provider.AccessToken.find(token)
  const scopes = scopesOf(stored?.scope)
  return scopes.includes('openid') ? { sub: stored?.accountId, scopes } : undefined
}

function shown(claims: Record<string, unknown>, scopes: readonly string[]): Record<string, unknown> {
  const hidden = Object.entries(CLAIMS_BY_SCOPE)
    .filter(([scope]) => !scopes.includes(scope))
    .flatMap(([, names]) => names)
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => !hidden.some((claim) => claim === name)),
  )
}
