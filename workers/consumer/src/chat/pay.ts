import { approvalOf, type AuthenticatedAgent } from '@sealgate/kit/agents'
import type { Order, Payment } from '../payments/ledger.ts'
import { needsApproval } from '../payments/limit.ts'
import { paymentService } from '../payments/loopback.ts'

/** Whom the tokens are for, and all that they may do there. */
const PAYMENTS = { aud: 'payments', permissions: ['write:payments'] } as const

/**
 * Pays in the name of the person who is served: the service gets a token of theirs for it alone, and their yes where it
 * needs one.
 *
 * @param options of the tool's call: by them the person's yes to it is found
 * @returns what was paid, and who approved it; or what went wrong, for the model to say
 */
export async function pay(agent: AuthenticatedAgent, order: Order, options: object): Promise<object> {
  const service = agent.asCaller(paymentService(), PAYMENTS)
  const response = await service.fetch('https://payments.internal/payments', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(needsApproval(order) && { 'Txn-Token': await approvalOf(options)(PAYMENTS) }),
    },
    body: JSON.stringify(order),
  })
  if (response.status === 403) return { error: 'the payment service denied it' }
  if (!response.ok) return { error: 'the payment service did not answer' }
  const { approvedBy } = await response.json<Payment>()
  return { ...order, ...(approvedBy !== undefined && { approvedBy }) }
}
