import { checkEnvironment } from '../config/bindings.ts'
import type { KitOptions } from '../config/from-env.ts'
import type { Kit } from '../kit/kit.ts'
import { makeKit as makeKitOf } from '../kit/make-kit.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Set by `sealgate()`, or by `c.set('jwt', makeKit(c.env))`. */
    jwt: Kit
  }
}

/**
 * Makes the kit of an environment, or finds it again: `makeKit` of `@sealgate/kit`, which also accepts `c.env` of an app that
 * does not say what its bindings are.
 *
 * @throws ConfigError naming the variable and the remedy
 */
export function makeKit(env: unknown, options?: KitOptions): Kit {
  checkEnvironment(env, 'makeKit(c.env)')
  return makeKitOf(env, options)
}
