import type { Logger } from '@sealgate/kit/gateway'
import { Auth0Client, type Auth0ClientOptions } from '../auth0/client.ts'
import { LogoutTokens } from '../auth0/logout-tokens.ts'
import type { Config } from '../config/read-config.ts'
import { isLoopbackHttp } from './cookies.ts'
import { CookieEncryption } from './encryption.ts'
import { CookieStore } from './cookie-store.ts'
import { DurableStore } from './durable-object-store.ts'
import type { SessionStore } from './store.ts'

/** Logins and what they need. */
export interface Sessions {
  readonly auth0: Auth0Client
  readonly encryption: CookieEncryption
  readonly store: SessionStore
  /** What the provider says is over. */
  readonly logoutTokens: LogoutTokens
}

/** `undefined` where the configuration has no login. */
export function sessionsOf(
  { login, session, baseUrl }: Config,
  now: () => number,
  logger: Logger,
  options: Auth0ClientOptions = {},
): Sessions | undefined {
  if (!login || !session) return undefined
  if (baseUrl !== undefined && isLoopbackHttp(baseUrl))
    logger.event({ event: 'cookies_without_secure', level: 'warn' })
  const auth0 = new Auth0Client(login, { ...options, now, logger })
  const encryption = new CookieEncryption(session.secrets)
  const store =
    session.store === 'cookie'
      ? new CookieStore(auth0, encryption, now)
      : new DurableStore(session.store, encryption, now)
  const logoutTokens = new LogoutTokens(login, { ...options, now, logger })
  return { auth0, encryption, store, logoutTokens }
}
