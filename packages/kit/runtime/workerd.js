import { waitUntil } from 'cloudflare:workers'

export const keepAlive = (promise) => waitUntil(promise)
