import { exports } from 'cloudflare:workers'

/**
 * The payment service of this Worker, by the name of its export: a binding to itself that no configuration has to make, and
 * that is there at a Worker's first deploy too.
 */
export function paymentService(): Fetcher {
  // Not at the top of the module: the exports are complete when all modules have run.
  return (exports as unknown as { readonly Payments: Fetcher }).Payments
}
