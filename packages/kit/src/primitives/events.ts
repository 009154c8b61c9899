/** What happens to a kit apart from any one request, as its log says it. None of it holds a token or a secret. */
export type KitEvent =
  | { readonly event: 'jwks_refreshed'; readonly level: 'debug'; readonly keys: number }
  | {
      readonly event: 'jwks_failed'
      readonly level: 'error'
      readonly detail: string
      readonly retry_in_seconds: number
    }
  | {
      readonly event: 'key_skipped'
      readonly level: 'error'
      readonly kid: string | undefined
      readonly detail: string
    }
  | {
      readonly event: 'slot_skipped' | 'slot_repeated' | 'secret_failed'
      readonly level: 'error'
      readonly name: string
      readonly detail: string
    }
  | { readonly event: 'denylist_failed'; readonly level: 'error'; readonly detail: string }
  | {
      readonly event: 'unknown_variable'
      readonly level: 'warn'
      readonly name: string
      readonly detail: string
    }

/** Where a kit's own parts say what happens to them: its logger. It does not throw. */
export type Report = (event: KitEvent) => void
