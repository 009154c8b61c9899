// Outside of workerd: enough to read a definition, to check a configuration, and to test a gateway on Node.
export class WorkerEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx
    this.env = env
  }
}

export class DurableObject {
  constructor(ctx, env) {
    this.ctx = ctx
    this.env = env
  }
}

// Node keeps promises alive by itself.
export const waitUntil = () => {}

// No spans.
export const tracing = undefined
