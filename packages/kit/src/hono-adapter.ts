/**
 * `@sealgate/kit/hono` where code that comes from another kit looks for it, with `makeKit` beside. Importing it tells
 * TypeScript what `c.get('jwt')` is in every app. Needs `hono`.
 *
 * @module @sealgate/kit/adapters/hono
 */
export { guard, probe, sealgate, type SealgateEnv, type SealgateOptions } from './hono/middleware.ts'
export { cookie, type Credential, header } from './hono/credential.ts'
export type { GuardOptions, PolicyFor } from './hono/middleware-by.ts'
export type { ProbeOptions } from './hono/probe-by.ts'
export { makeKit } from './hono/adapter.ts'
export type { KitOptions, WorkerEnv } from './config/from-env.ts'
export type { Kit } from './kit/kit.ts'
