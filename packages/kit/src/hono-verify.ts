/**
 * Middleware for Hono in a service that verifies and does not sign: as `@sealgate/kit/hono`, but what the environment
 * describes is made by `makeVerifier`, so that no bundle has the other half of a kit. Needs `hono`.
 *
 * @module @sealgate/kit/hono/verify
 */
export type { Act, Approval } from './approvals/approval.ts'
export { cookie, type Credential, header } from './hono/credential.ts'
export type { GuardOptions, PolicyFor } from './hono/middleware-by.ts'
export { guard, probe, sealgate, type SealgateEnv, type SealgateOptions } from './hono/verifier-middleware.ts'
export type { ProbeOptions } from './hono/probe-by.ts'
