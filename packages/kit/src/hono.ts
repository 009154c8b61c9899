/**
 * Middleware for Hono. Needs `hono`.
 *
 * @module @sealgate/kit/hono
 */
export { guard, sealgate, type SealgateEnv, type SealgateOptions } from './hono/middleware.ts'
export type { GuardOptions, PolicyFor } from './hono/middleware-by.ts'
