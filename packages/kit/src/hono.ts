/**
 * Middleware for Hono. Needs `hono`.
 *
 * @module @sealgate/kit/hono
 */
export { guard, probe, sealgate, type SealgateEnv, type SealgateOptions } from './hono/middleware.ts'
export type { Act, Approval } from './approvals/approval.ts'
export { cookie, type Credential, header } from './hono/credential.ts'
export type { GuardOptions, PolicyFor } from './hono/middleware-by.ts'
export type { ProbeOptions } from './hono/probe-by.ts'
