import type { KitErrorCode } from '../errors.ts'

/**
 * What happens to a kit apart from any one request. None of it holds a token or a secret.
 * `onEvent` must not close over a request: it is called for whole isolates.
 */
export type KitEvent =
  /** A JWKS was fetched, with so many key ids. */
  | { readonly type: 'jwks_refreshed'; readonly level: 'info'; readonly keys: number }
  /** A JWKS could not be fetched; the last good one serves for a while. */
  | {
      readonly type: 'jwks_failed'
      readonly level: 'error'
      readonly problem: string
      readonly retryInSeconds: number
    }
  /** A key of a JWKS is not usable; the others serve. */
  | {
      readonly type: 'key_skipped'
      readonly level: 'error'
      readonly kid: string | undefined
      readonly problem: string
    }
  /** A signing slot, or a secret of a list, is not usable; another is. */
  | {
      readonly type: 'slot_skipped'
      readonly level: 'error'
      readonly name: string
      readonly problem: string
    }
  /** A signing slot holds the key of another slot: it serves, but a rotation to it changes nothing. */
  | {
      readonly type: 'slot_repeated'
      readonly level: 'error'
      readonly name: string
      readonly problem: string
    }
  /** A secret could not be read from its binding; the last good one serves for a while. */
  | {
      readonly type: 'secret_failed'
      readonly level: 'error'
      readonly name: string
      readonly problem: string
    }
  /** The deny-list could not be read. */
  | { readonly type: 'denylist_failed'; readonly level: 'error'; readonly problem: string }
  /** A variable of the environment is probably misspelt, and nothing reads it. */
  | {
      readonly type: 'unknown_variable'
      readonly level: 'warn'
      readonly name: string
      readonly problem: string
    }
  /** An Agent or a guard could not decide on a request, and responded with an error: of the configuration, or of code. */
  | {
      readonly type: 'request_failed'
      readonly level: 'error'
      readonly code: KitErrorCode
      readonly problem: string
    }
  /** The environment is another one on every request: caches do not help. Reported once. */
  | { readonly type: 'unstable_env'; readonly level: 'warn'; readonly problem: string }

/** Receives {@link KitEvent}s. It must not throw; what it throws is dropped. */
export type OnEvent = (event: KitEvent) => void

/** The default: warnings and errors go to the console as one structured object. */
export const logEvent: OnEvent = (event) => {
  if (event.level !== 'info') console[event.level]({ source: 'sealgate', ...event })
}
