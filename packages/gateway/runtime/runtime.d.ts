export { DurableObject, waitUntil, WorkerEntrypoint } from 'cloudflare:workers'

/** Spans of a Worker's own; `undefined` where the platform has none. Older ones do not tell which span is active. */
export const tracing: (Pick<Tracing, 'enterSpan'> & Partial<Pick<Tracing, 'getActiveSpan'>>) | undefined
