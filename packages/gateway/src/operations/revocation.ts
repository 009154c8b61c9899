import { revokeFor } from '@sealgate/kit/gateway'
import * as z from 'zod'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { ABSOLUTE_SECONDS } from '../session/live-session.ts'

const text = z.string().min(1)

/** One token, everything of a subject up to now, or everything that a key signed. */
export const REVOCATION = z.union([
  z.strictObject({ jti: text }),
  z.strictObject({ sub: text }),
  z.strictObject({ thumbprint: text }),
])

/**
 * Puts something on the deny-list. A subject stays there while a login from before can come back: by a session, or by a
 * refresh token outside of one, and while the last access token lives.
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
