import { ConfigError } from '@sealgate/kit'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { openSession } from '../session/access.ts'
import { type Cookies, cookiesOf, originOf } from '../session/cookies.ts'
import type { Sessions } from '../session/sessions.ts'
import type { OpenSession } from '../session/store.ts'

/** What the routes of logins and sessions work with. */
export interface SessionContext {
  readonly sessions: Sessions
  /** The gateway's own. */
  readonly origin: string
  readonly cookies: Cookies
}

/**
 * @throws GatewayError `not_found` where there are no logins
 * @throws ConfigError where only `SESSION_SECRET` is missing for them
 */
export function contextOf({ config, sessions }: Gateway, request: Request): SessionContext {
  if (!sessions) {
    if (!config.login || config.login.connection !== undefined) throw new GatewayError('not_found')
    throw new ConfigError(
      'SESSION_SECRET is missing: openssl rand -base64 32 | tr +/ -_ | npx wrangler secret put SESSION_SECRET',
    )
  }
  const origin = originOf(config, request)
  return { sessions, origin, cookies: cookiesOf(config, origin) }
}

/** @throws GatewayError `no_session` */
export async function sessionOf(
  gateway: Gateway,
  request: Request,
): Promise<SessionContext & { readonly session: OpenSession }> {
  const context = contextOf(gateway, request)
  const session = await openSession(gateway, request)
  if (!session) throw new GatewayError('no_session')
  return { ...context, session }
}
