import { type LimiterName, LIMITERS } from './limiter-names.ts'
import { present, reject, type Variables } from './schema.ts'

/** A rate-limit binding. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

export interface LimitSettings {
  /** Each limiter, or the shared one in its place; `undefined` for no limit. */
  readonly rateLimiters: Readonly<Record<LimiterName, RateLimiter | undefined>>
  /** Names of bindings that are not there, though something in use would need them. */
  readonly missingLimiters: readonly string[]
}

/**
 * @param uses what this gateway does that has a limit of its own
 * @throws ConfigError for the password realm in production without a limiter: guessing would be free
 */
export function readLimits(
  env: object,
  { WORKER_ENV }: Pick<Variables, 'WORKER_ENV'>,
  uses: Readonly<Record<Exclude<LimiterName, 'shared'>, boolean>>,
): LimitSettings {
  const shared = limiterOf(env, LIMITERS.shared)
  const own = {
    password: limiterOf(env, LIMITERS.password),
    login: limiterOf(env, LIMITERS.login),
    clients: limiterOf(env, LIMITERS.clients),
  }
  if (uses.password && WORKER_ENV === 'production' && !own.password && !shared) {
    reject(
      'AUTH0_CONNECTION',
      `needs ${LIMITERS.password} in production: add a rate-limit binding of that name`,
    )
  }
  const names = ['password', 'login', 'clients'] as const
  const missing = names.filter((name) => uses[name] && !own[name]).map((name) => LIMITERS[name])
  return {
    rateLimiters: {
      shared,
      password: own.password ?? shared,
      login: own.login ?? shared,
      clients: own.clients ?? shared,
    },
    missingLimiters: [...(shared ? [] : [LIMITERS.shared]), ...missing],
  }
}

function limiterOf(env: object, name: string): RateLimiter | undefined {
  const binding = present(env, name)
  if (binding === undefined || isLimiter(binding)) return binding
  return reject(name, 'is no rate-limit binding: see "ratelimits" in wrangler.jsonc')
}

function isLimiter(value: unknown): value is RateLimiter {
  return typeof value === 'object' && value !== null && 'limit' in value && typeof value.limit === 'function'
}
