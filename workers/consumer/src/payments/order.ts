import * as z from 'zod'
import type { Order } from './ledger.ts'

/** What the tool takes and the service books: one form, so that what a person approves is what is paid. */
export const ORDER = z.strictObject({
  to: z.string().min(1).max(60).describe('Who gets the money'),
  amount: z.number().positive().max(1_000_000).describe('In whole units of the currency'),
  currency: z.enum(['EUR', 'USD', 'GBP']),
})

/** The order in a request's body; `undefined` when there is none. */
export async function readOrder(request: Request): Promise<Order | undefined> {
  const body: unknown = await request.json().catch(() => undefined)
  return ORDER.safeParse(body).data
}
