import { sign } from 'node:crypto'

import { accessTokenClaims, accessTokenHeader } from './access-token.ts'
import type { TenantContext } from './context.ts'

/** An hour: long enough for every test, so that only a test which says so meets an expired token. */
const LIFE_SECONDS = 3600

/**
 * Signs any access token with the tenant's current key, for negative tests. It starts from a good token of the
 * tenant's first user for its first client; members given replace those, and a member given as `undefined` is left
 * out. The signature is RS256 whatever the header says.
 */
export function issue(
  tenant: TenantContext,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const now = Math.floor(Date.now() / 1000)
  const [user] = tenant.users
  const good = accessTokenClaims(tenant, {
    clientId: tenant.clients[0]?.clientId ?? '',
    sub: user?.sub,
    scope: ['openid', 'profile', 'email', ...(user?.permissions ?? [])].join(' '),
    issuedAt: now,
    expiresAt: now + LIFE_SECONDS,
  })
  const { kid, privateKey } = tenant.keys.current
  const input = [
    { alg: 'RS256', ...accessTokenHeader(tenant), kid, ...header },
    { ...good, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}
