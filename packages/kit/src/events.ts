/**
 * What happens to a kit apart from any one request. None of it holds a token or a secret.
 * `onEvent` must not close over a request: it is called for whole isolates.
 */
export type KitEvent =
  | { readonly type: 'jwks_refreshed'; readonly level: 'info'; readonly keys: number }
  | {
      readonly type: 'jwks_failed'
      readonly level: 'error'
      readonly problem: string
      readonly retryInSeconds: number
    }
  | {
      readonly type: 'key_skipped'
      readonly level: 'error'
      readonly kid: string | undefined
      readonly problem: string
    }
  | {
      readonly type: 'slot_skipped'
      readonly level: 'error'
      readonly name: string
      readonly problem: string
    }
  | {
      readonly type: 'secret_failed'
      readonly level: 'error'
      readonly name: string
      readonly problem: string
    }
  | { readonly type: 'denylist_failed'; readonly level: 'error'; readonly problem: string }
  | { readonly type: 'unstable_env'; readonly level: 'warn'; readonly problem: string }

/** Receives {@link KitEvent}s. It must not throw; what it throws is dropped. */
export type OnEvent = (event: KitEvent) => void

/** The default: warnings and errors go to the console as one structured object. */
export const logEvent: OnEvent = (event) => {
  if (event.level !== 'info') console[event.level]({ source: 'sealgate', ...event })
}
