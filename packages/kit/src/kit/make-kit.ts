import { checkEnvironment } from '../config/bindings.ts'
import { type KitOptions, misspeltVariables, settingsFromEnv } from '../config/from-env.ts'
import { assembleKit, type Kit } from './kit.ts'
import { kitOf } from './registry.ts'

/**
 * Makes the kit that an environment describes, or finds it again: by the environment object, else by the
 * values in it, so that wrappers which hand out a new object on each request cost nothing. Does no I/O, reads
 * no clock, draws no random number: it works at module scope.
 *
 * @param env the Worker's environment (`import { env } from 'cloudflare:workers'`, or the handler's)
 * @param options other options (by identity) make another kit
 * @throws ConfigError naming the variable and the remedy
 */
export function makeKit(env: object, options?: KitOptions): Kit {
  checkEnvironment(env, 'makeKit(env)')
  return kitOf(env, options, () => {
    const settings = settingsFromEnv(env, options)
    for (const { name, meant } of misspeltVariables(env)) {
      const problem = `${name} is not read: did you mean ${meant}?`
      settings.onEvent({ type: 'unknown_variable', level: 'warn', name, problem })
    }
    return assembleKit(settings)
  })
}
