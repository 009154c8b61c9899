import { fingerprintOf, type Fingerprint, type KitOptions, settingsFromEnv } from '../config/from-env.ts'
import { MAX_KITS } from '../constants.ts'
import { logEvent } from '../primitives/events.ts'
import { Kit } from './kit.ts'
import { type KitConfig, settingsFromConfig } from '../config/from-options.ts'

interface Entry {
  readonly fingerprint: Fingerprint
  readonly options: KitOptions | undefined
  readonly kit: Kit
}

/** The kit of each environment object, and of each options object with it. */
const byEnv = new WeakMap<object, { readonly options: KitOptions | undefined; readonly kit: Kit }[]>()
/** The kits of this isolate by what their environment says, the last used last. */
const entries: Entry[] = []
/** Set once the isolate has more environments than any program should; reported once. */
let reported = false

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
  const known = byEnv.get(env)?.find((entry) => entry.options === options)
  if (known) return known.kit
  const kit = kitByFingerprint(env, options)
  const list = byEnv.get(env) ?? []
  if (list.length >= MAX_KITS) list.shift()
  list.push({ options, kit })
  byEnv.set(env, list)
  return kit
}

/**
 * Makes a kit from an explicit configuration, without any environment. Each call makes a new kit: keep it.
 *
 * @throws ConfigError naming the option and the remedy
 */
export function createKit(config: KitConfig): Kit {
  return new Kit(settingsFromConfig(config))
}

function kitByFingerprint(env: object, options: KitOptions | undefined): Kit {
  const fingerprint = fingerprintOf(env)
  const index = entries.findIndex(
    (entry) => entry.options === options && isSame(entry.fingerprint, fingerprint),
  )
  const [found] = index < 0 ? [] : entries.splice(index, 1)
  const entry = found ?? { fingerprint, options, kit: new Kit(settingsFromEnv(env, options)) }
  entries.push(entry)
  if (entries.length > MAX_KITS) {
    entries.shift()
    if (!reported) {
      reported = true
      const report = options?.onEvent ?? logEvent
      const problem = `more than ${MAX_KITS} different environments in one isolate: is a binding or an options object made anew on each request?`
      report({ type: 'unstable_env', level: 'warn', problem })
    }
  }
  return entry.kit
}

function isSame(one: Fingerprint, other: Fingerprint): boolean {
  return (
    one.text === other.text &&
    one.bindings.length === other.bindings.length &&
    one.bindings.every((binding, index) => binding === other.bindings[index])
  )
}
