import type { KitOptions } from '../config/from-env.ts'
import { type Fingerprint, fingerprintBy, type Variables } from '../config/variables.ts'
import { MAX_KITS } from '../constants.ts'
import type { VerifierPart } from './verifier-parts.ts'
import { type Verifier, verifierPartsOf } from './verifier.ts'

type Options = (KitOptions & { readonly parts?: readonly VerifierPart[] }) | undefined

interface Entry<Made> {
  readonly fingerprint: Fingerprint
  readonly options: Options
  readonly made: Made
}

/** Finds again what was made of an environment, a kit or a verifier. One for all environments of the isolate. */
export class Registry<Made extends Verifier> {
  /** What was made of each environment object, and of each options with it. */
  readonly #byEnv = new WeakMap<object, { readonly options: Options; readonly made: Made }[]>()
  /** By what their environment says, the last used last. */
  readonly #entries: Entry<Made>[] = []
  /** Set once the isolate has more environments than any program should; reported once. */
  #reported = false

  /**
   * Found by the environment object, else by what the environment says, else made.
   *
   * @param variables what is read of the environment
   * @param make makes what is new here
   */
  find(env: object, options: Options, variables: () => Variables, make: () => Made): Made {
    const known = this.#byEnv.get(env)?.find((entry) => isSameOptions(entry.options, options))
    if (known) return known.made
    const made = this.#findByFingerprint(fingerprintBy(variables(), env), options, make)
    const list = this.#byEnv.get(env) ?? []
    if (list.length >= MAX_KITS) list.shift()
    list.push({ options, made })
    this.#byEnv.set(env, list)
    return made
  }

  #findByFingerprint(fingerprint: Fingerprint, options: Options, make: () => Made): Made {
    const entries = this.#entries
    const index = entries.findIndex(
      (entry) => isSameList(entry.fingerprint, fingerprint) && isSameOptions(entry.options, options),
    )
    const [found] = index < 0 ? [] : entries.splice(index, 1)
    const entry = found ?? { fingerprint, options, made: make() }
    entries.push(entry)
    if (entries.length > MAX_KITS) {
      entries.shift()
      if (!this.#reported) {
        this.#reported = true
        const detail = `more than ${MAX_KITS} different environments in one isolate: is a binding or an option made anew on each request?`
        verifierPartsOf(entry.made).settings.logger.event({ event: 'unstable_env', level: 'warn', detail })
      }
    }
    return entry.made
  }
}

/** Options are the same when what they hold is: the object may be written anew at each call. */
function isSameOptions(one: Options, other: Options): boolean {
  return one === other || isSameList(membersOf(one), membersOf(other))
}

function membersOf({ parts = [], sinks = [], ...others }: NonNullable<Options> = {}): readonly unknown[] {
  const { now, fetch, onEvent, onDecision, logLevel, logger } = others
  return [now, fetch, onEvent, onDecision, logLevel, logger, ...sinks, ...parts]
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((member, index) => Object.is(member, other[index]))
}
