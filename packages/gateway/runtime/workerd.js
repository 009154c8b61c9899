import * as workers from 'cloudflare:workers'

export { DurableObject, waitUntil, WorkerEntrypoint } from 'cloudflare:workers'

// By its name alone an import of what an older runtime lacks would stop the Worker.
export const tracing = workers.tracing
