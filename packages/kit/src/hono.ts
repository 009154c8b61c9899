/**
 * Middleware for Hono. Needs `hono`.
 *
 * @module @sealgate/kit/hono
 */
export {
  guard,
  type GuardOptions,
  type PolicyFor,
  sealgate,
  type SealgateEnv,
  type SealgateOptions,
} from './hono/middleware.ts'
