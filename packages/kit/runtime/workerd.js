import { env, waitUntil } from 'cloudflare:workers'

export { DurableObject } from 'cloudflare:workers'

export const keepAlive = (promise) => waitUntil(promise)
export const workerEnv = env
