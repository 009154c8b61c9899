import { checkEnvironment } from '../config/bindings.ts'
import { type KitOptions, settingsFromEnv, VARIABLES } from '../config/from-env.ts'
import { reportMisspelt } from '../config/variables.ts'
import { assembleKit, type Kit } from './kit.ts'
import { Registry } from './registry.ts'

const kits: Registry<Kit> = /* @__PURE__ */ new Registry()

/**
 * Makes the kit that an environment describes, or finds it again: by the environment object, else by the
 * values in it, so that wrappers which hand out a new object on each request cost nothing. Does no I/O, reads
 * no clock, draws no random number: it works at module scope.
 *
 * @param env the Worker's environment (`import { env } from 'cloudflare:workers'`, or the handler's)
 * @param options other options make another kit
 * @throws ConfigError naming the variable and the remedy
 */
export function makeKit(env: object, options?: KitOptions): Kit {
  checkEnvironment(env, 'makeKit(env)')
  return kits.find(
    env,
    options,
    () => VARIABLES,
    () => {
      const settings = settingsFromEnv(env, options)
      reportMisspelt(VARIABLES, env, settings.onEvent)
      return assembleKit(settings)
    },
  )
}
