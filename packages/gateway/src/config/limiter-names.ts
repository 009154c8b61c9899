/**
 * The rate-limit bindings. A binding has one limit for all its keys, so each kind of caller has a binding: what is right
 * for a service is a gift to whoever guesses passwords, and the other way round an outage.
 */
export const LIMITERS = {
  /** Callers without credentials; and whatever has no binding of its own. */
  shared: 'RATE_LIMITER',
  /** The password realm: each try is a guess. */
  password: 'RATE_LIMITER_PASSWORD',
  /** Logins, of which each costs Auth0 a call. */
  login: 'RATE_LIMITER_LOGIN',
  /** Clients of the exchange, which are services. */
  clients: 'RATE_LIMITER_CLIENTS',
} as const

export type LimiterName = keyof typeof LIMITERS
