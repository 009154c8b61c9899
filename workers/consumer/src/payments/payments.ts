import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { paymentsApp } from './app.ts'

/** What a Worker of its own would have in its wrangler.jsonc. */
const OWN = {
  JWT_AUD: 'payments',
  JWT_EXCHANGE_SERVICE_NAME: 'PAYMENTS_EXCHANGE',
  JWT_APPROVALS_NAME: 'UsedApprovals',
}

/**
 * The payment service, another audience than the one that this Worker has by its default export. It is reached by the
 * Worker's own loopback binding alone (`exports.Payments`): a team that wants a Worker of its own for it moves this folder.
 */
export class Payments extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Response | Promise<Response> {
    return paymentsApp.fetch(request, { ...this.env, ...OWN }, this.ctx)
  }
}
