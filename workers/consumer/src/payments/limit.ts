/** More than this, in whole units of the currency, needs a person's approval: of the agent that asks, and of the service that pays. */
export const LIMIT = 100

export function needsApproval({ amount }: { readonly amount: number }): boolean {
  return amount > LIMIT
}

/** The name under which a person approves a payment, and by which the service knows what was approved. */
export const TOOL = 'pay'
