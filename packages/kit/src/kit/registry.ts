import { fingerprintOf, type Fingerprint, type KitOptions } from '../config/from-env.ts'
import { MAX_KITS } from '../constants.ts'
import { logEvent } from '../primitives/events.ts'
import type { Kit } from './kit.ts'

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
 * The kit of an environment: found by the environment object, else by what the environment says, else made.
 *
 * @param make makes the kit of an environment that is new here
 */
export function kitOf(env: object, options: KitOptions | undefined, make: () => Kit): Kit {
  const known = byEnv.get(env)?.find((entry) => entry.options === options)
  if (known) return known.kit
  const kit = kitByFingerprint(env, options, make)
  const list = byEnv.get(env) ?? []
  if (list.length >= MAX_KITS) list.shift()
  list.push({ options, kit })
  byEnv.set(env, list)
  return kit
}

function kitByFingerprint(env: object, options: KitOptions | undefined, make: () => Kit): Kit {
  const fingerprint = fingerprintOf(env)
  const index = entries.findIndex(
    (entry) => entry.options === options && isSame(entry.fingerprint, fingerprint),
  )
  const [found] = index < 0 ? [] : entries.splice(index, 1)
  const entry = found ?? { fingerprint, options, kit: make() }
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
