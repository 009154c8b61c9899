// Bundlers can put this file on workerd. There a promise dies with its request, so it must say "no".
// Elsewhere (Node, Bun, Deno) promises outlive whatever started them, and nothing has to be done.
export const keepAlive = typeof WebSocketPair === 'undefined' ? () => {} : undefined
export const workerEnv = undefined

/** Enough to import a class of Durable Objects where there are none. */
export class DurableObject {
  constructor(ctx, env) {
    this.ctx = ctx
    this.env = env
  }
}
