import { logEvent, type OnEvent } from '../primitives/events.ts'
import type { SignKeys, VerifyKeys } from './mode.ts'
import type { PlainSettings } from './schema.ts'
import type { DenylistPlain, VerifyPlain } from './schema-verify.ts'

/** What a kit uses of its runtime. */
export interface Runtime {
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly fetch: typeof fetch
  readonly onEvent: OnEvent
}

/** Everything that a verifier needs to know, checked. */
export interface VerifierSettings extends VerifyPlain, Partial<DenylistPlain>, Runtime {
  readonly verify: VerifyKeys
  /** A verifier without pins and deny-list has no use for thumbprints. Default: they are made. */
  readonly needsThumbprints?: boolean
}

/** Everything that a kit needs to know, checked. There are no invalid settings. */
export interface Settings extends PlainSettings, Runtime {
  readonly sign: SignKeys | undefined
  /** A kit that signs verifies its own tokens, unless it is told otherwise. */
  readonly verify: VerifyKeys
}

/** The runtime that somebody gave, completed with the real one. */
export function runtimeOf(given: {
  readonly now?: (() => number) | undefined
  readonly fetch?: typeof fetch | undefined
  readonly onEvent?: OnEvent | undefined
}): Runtime {
  return {
    now: given.now ?? (() => Date.now() / 1000),
    fetch: given.fetch ?? ((input, init) => fetch(input, init)),
    onEvent: quiet(given.onEvent ?? logEvent),
  }
}

/** A listener that throws must not turn a good token into an error. */
function quiet(onEvent: OnEvent): OnEvent {
  return (event) => {
    try {
      onEvent(event)
    } catch {
      // The listener's own problem.
    }
  }
}
