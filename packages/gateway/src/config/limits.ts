import { present, reject, type Variables } from './schema.ts'

/** A rate-limit binding. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** @throws ConfigError for the password realm in production without a limiter: guessing would be free */
export function limiterOf(env: object, { AUTH0_CONNECTION, WORKER_ENV }: Variables): RateLimiter | undefined {
  const binding = present(env, 'RATE_LIMITER')
  if (binding === undefined) {
    if (AUTH0_CONNECTION !== undefined && WORKER_ENV === 'production') {
      reject('AUTH0_CONNECTION', 'needs RATE_LIMITER in production: add a rate-limit binding of that name')
    }
    return undefined
  }
  if (!isLimiter(binding))
    reject('RATE_LIMITER', 'is no rate-limit binding: see "ratelimits" in wrangler.jsonc')
  return binding
}

function isLimiter(value: unknown): value is RateLimiter {
  return typeof value === 'object' && value !== null && 'limit' in value && typeof value.limit === 'function'
}
