import { revokeFor } from '@sealgate/kit/gateway'
import type { Logout } from '../auth0/logout-tokens.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { endRefreshToken, endedSid } from '../session/access.ts'
import { IDLE_SECONDS } from '../session/live-session.ts'
import { revoke } from './revocation.ts'

/**
 * Ends what the provider says is over: the sessions of a `sid`; or, where only a `sub` is named, all of that user's, and
 * with a deny-list every token that goes back to a login from before.
 *
 * @returns how many sessions ended; `undefined` where they are in cookies, which nobody counts
 * @throws GatewayError `logout_impossible`, `sessions_unavailable`
 * @throws ConfigError
 */
export async function endForProvider(gateway: Gateway, logout: Logout): Promise<number | undefined> {
  const { config, sessions } = gateway
  const { sub, sid } = logout
  const isInCookies = config.session?.store === 'cookie'
  if (isInCookies && !config.hasDenylist) {
    throw new GatewayError('logout_impossible', { detail: 'SESSION_STORE=cookie without JWT_DENYLIST_NAME' })
  }
  const ended = await sessions?.store.endAll(logout)
  for (const refreshToken of ended?.refreshTokens ?? []) endRefreshToken(gateway, refreshToken)
  if (config.hasDenylist) {
    if (sid === undefined) await revoke(gateway, { sub })
    else if (isInCookies) await denySid(gateway, sid)
  }
  return ended?.count
}

/** No longer than a session in a cookie may last. */
async function denySid(gateway: Gateway, sid: string): Promise<void> {
  const [audience = ''] = gateway.config.audiences.keys()
  await revokeFor(gateway.kitFor(audience), { sub: endedSid(gateway.config.auth0.issuer, sid) }, IDLE_SECONDS)
}
