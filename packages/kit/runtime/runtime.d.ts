// Without Cloudflare's types it is any: then there are no classes of Durable Objects either.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment
// @ts-ignore
export { DurableObject } from 'cloudflare:workers'

/**
 * Keeps a promise alive after the request that started it has ended, or `undefined` where nothing can:
 * then a pending promise must never be shared between requests (see docs/guides/concepts.md, "Single flight").
 */
export const keepAlive: ((promise: Promise<unknown>) => void) | undefined

/** The environment of this Worker, or `undefined` where there is none but that of each request. */
export const workerEnv: object | undefined
