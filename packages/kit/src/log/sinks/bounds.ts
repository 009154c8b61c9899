/** What a sink may hold and take, with reasons. A waiting promise of a request lives for 30 s after its response. */

/** Lines of one batch. Datadog’s limit is 1,000. */
export const BATCH_LINES = 100
/** Bytes of the lines of one batch, before they are wrapped. Datadog’s limit is 5 MB. */
export const BATCH_BYTES = 262_144
/** Lines that wait, and their bytes: 50 seconds of the log’s cap. */
export const MAX_LINES = 1000
export const MAX_BYTES = 1_048_576
/** How long a batch waits for more lines. */
export const DELAY_MS = 50
/** How long nothing is sent after a failure. */
export const PAUSE_MS = 5000
/** How long a batch may take, with its response. */
export const TIMEOUT_MS = 5000
/** The longest `Retry-After` that is waited for; once for each batch. */
export const MAX_RETRY_AFTER_SECONDS = 5
/** A run begins no other batch after this: a pause, a timeout, a `Retry-After` and another timeout then end before 30 s. */
export const SEND_MS = 10_000
/** A run that has not ended after this died with its request. */
export const MAX_RUN_MS = 30_000
/** Of a response that says what was rejected. */
export const MAX_RESPONSE_BYTES = 16_384
