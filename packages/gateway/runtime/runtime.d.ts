export { DurableObject, waitUntil, WorkerEntrypoint } from 'cloudflare:workers'
