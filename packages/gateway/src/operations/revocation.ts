import { TokenError } from '@sealgate/kit'
import { checkRevoked, revokeFor } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { endSession } from '../session/access.ts'
import { ABSOLUTE_SECONDS } from '../session/live-session.ts'

const text = z.string().check(z.minLength(1))

/** One token, everything of a subject up to now, or everything that a key signed. */
const REVOCATION = z.union([
  z.strictObject({ jti: text }),
  z.strictObject({ sub: text }),
  z.strictObject({ thumbprint: text }),
])

/**
 * Puts something on the deny-list. A subject stays there while a login from before can come back: by a session, or by a
 * refresh token outside of one, and while the last access token lives. A token stays
 * there as long, and so while it can be renewed.
 *
 * @throws GatewayError `invalid_request`
 * @throws ConfigError without a deny-list
 */
export async function revoke(gateway: Gateway, revocation: unknown): Promise<void> {
  const parsed = REVOCATION.safeParse(revocation)
  if (!parsed.success) {
    throw new GatewayError('invalid_request', { detail: 'revoke accepts one of jti, sub or thumbprint' })
  }
  const [audience = ''] = gateway.config.audiences.keys()
  const { refreshMaxSeconds, tokenMaxSeconds } = gateway.config.auth0
  const loginSeconds = Math.max(refreshMaxSeconds, ABSOLUTE_SECONDS)
  await revokeFor(gateway.kitFor(audience), parsed.data, loginSeconds + tokenMaxSeconds)
}

/**
 * Which keys are on the deny-list: of an older version's keys, before a rollback brings them back. None without a list.
 *
 * @throws RevocationUnavailableError when the list cannot be read and `JWT_DENYLIST_ON_ERROR` is `closed`
 */
export async function deniedKeys(
  gateway: Gateway,
  thumbprints: readonly string[],
): Promise<readonly string[]> {
  const [audience = ''] = gateway.config.audiences.keys()
  const kit = gateway.kitFor(audience)
  const verdicts = await Promise.all(
    thumbprints.map(async (thumbprint) => {
      try {
        // A subject that nobody is: the key alone counts.
        await checkRevoked(kit, { sub: crypto.randomUUID(), iat: Math.floor(gateway.now()) }, thumbprint)
        return []
      } catch (error) {
        if (error instanceof TokenError) return [thumbprint]
        throw error
      }
    }),
  )
  return verdicts.flat()
}

/**
 * Ends the session that a cookie names, and its refresh token at Auth0. Nothing but the cookie names one: where that is not
 * at hand, revoking the subject ends all of its sessions.
 *
 * @param cookie its value
 * @throws GatewayError `invalid_request` where sessions are kept in cookies, so that a copy would go on serving;
 *   `no_session` for a cookie of no session here
 */
export async function revokeSession(gateway: Gateway, cookie: string): Promise<void> {
  const { sessions, config } = gateway
  if (config.session?.store === 'cookie') {
    throw new GatewayError('invalid_request', {
      description: 'Sessions are kept in cookies here and cannot be ended one by one: revoke the sub',
    })
  }
  const session = await sessions?.store.open(cookie)
  if (!session) throw new GatewayError('no_session')
  await endSession(gateway, session)
}
