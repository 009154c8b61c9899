import * as z from 'zod'
import type { Order } from './ledger.ts'

/** Nothing that cannot be seen, or turns the direction of writing: a person approves what they read. Joiners belong to some scripts. */
const VISIBLE = /^(?:[^\p{C}\p{Zl}\p{Zp}]|[\u200c\u200d])+$/u

/** What the tool takes and the service books: one form, so that what a person approves is what is paid. */
export const ORDER = z.strictObject({
  to: z
    .string()
    .min(1)
    .max(60)
    .refine((to) => VISIBLE.test(to), 'has characters that nobody sees')
    .describe('Who gets the money'),
  amount: z.number().positive().max(1_000_000).describe('In whole units of the currency'),
  currency: z.enum(['EUR', 'USD', 'GBP']),
})

/** The order in a request's body; `undefined` when there is none. */
export async function readOrder(request: Request): Promise<Order | undefined> {
  const body: unknown = await request.json().catch(() => undefined)
  return ORDER.safeParse(body).data
}
