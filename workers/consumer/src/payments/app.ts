import { KitError } from '@sealgate/kit'
import type { Approval, Receipt } from '@sealgate/kit/approvals'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { correlationOf } from '@sealgate/kit/log'
import { type Context, Hono, type MiddlewareHandler, type Next } from 'hono'
import type { Env } from '../env.ts'
import { errorResponse } from '../error-response.ts'
import { payer } from '../policies.ts'
import { readOrder } from './order.ts'
import type { Order, Payment } from './ledger.ts'
import { needsApproval, TOOL } from './limit.ts'

interface PaymentsEnv {
  Bindings: Env
  Variables: Omit<SealgateEnv['Variables'], 'approval'> & {
    readonly order: Order
    /** Of a payment that needs one. */
    readonly approval?: Approval
  }
}

const ledgerOf = (c: Context<PaymentsEnv>) => c.env.Ledger.getByName(c.var.auth.sub)

const small: MiddlewareHandler = guard(payer)
const large: MiddlewareHandler = guard(payer, { approved: (c) => ({ tool: TOOL, args: orderOf(c) }) })

/** Set by `readOrderOf`. */
const orderOf = (c: { readonly var: object }): Order => (c.var as PaymentsEnv['Variables']).order

const guardBySize: MiddlewareHandler = (c, next) => (needsApproval(orderOf(c)) ? large : small)(c, next)

/** The payment service: it believes no agent that somebody approved, but reads it in what the gateway signed. */
export const paymentsApp = new Hono<PaymentsEnv>()
  .use(sealgate())
  .use(keptNowhere)
  .get('/payments', guard(), async (c) => c.json({ payments: await ledgerOf(c).list() }))
  .post('/payments', readOrderOf, guardBySize, book)
  .get('/payments/:id/receipt', guard(), async (c) => {
    const receipt = await ledgerOf(c).receipt(c.req.param('id'))
    return receipt === undefined ? c.notFound() : c.body(receipt, 200, { 'Content-Type': 'application/json' })
  })
  .notFound((c) => errorResponse(c.req.raw, 404, 'not_found', 'There is no such payment'))
  .onError((error, c) => {
    const { requestId } = correlationOf(c.req.raw)
    if (error instanceof KitError) {
      console.error({ event: 'failed', request_id: requestId, code: error.code, problem: error.message })
      return error.getResponse(requestId)
    }
    console.error({ event: 'failed', request_id: requestId, problem: error.message })
    return errorResponse(c.req.raw, 500, 'server_error', 'Something went wrong here')
  })

/** What somebody paid stands in no cache. */
async function keptNowhere(c: Context<PaymentsEnv>, next: Next): Promise<void> {
  await next()
  c.header('Cache-Control', 'no-store')
}

async function readOrderOf(c: Context<PaymentsEnv>, next: Next): Promise<Response | undefined> {
  const order = await readOrder(c.req.raw)
  if (!order) {
    return errorResponse(c.req.raw, 400, 'invalid_request', 'Send JSON: {"to", "amount", "currency"}')
  }
  c.set('order', order)
  await next()
  return undefined
}

async function book(c: Context<PaymentsEnv>): Promise<Response> {
  const { auth, order, approval } = c.var
  const payment: Payment = {
    id: crypto.randomUUID(),
    at: Date.now(),
    agent: auth.actor?.sub ?? '',
    ...order,
    ...(approval && { approvedBy: approval.sub, txn: approval.txn }),
  }
  const ledger = ledgerOf(c)
  await ledger.book(payment)
  const receipt = approval && (await receiptOf(c, approval, payment))
  if (receipt) await ledger.keepReceipt(payment.id, JSON.stringify(receipt))
  return c.json(payment, 201)
}

/** The money has gone: that the gateway signs no receipt now changes nothing of it. */
async function receiptOf(
  { req, var: { jwt } }: Context<PaymentsEnv>,
  approval: Approval,
  { id }: Payment,
): Promise<Receipt | undefined> {
  try {
    return await jwt.receipt(approval, { payment: id, status: 'booked' }, req.raw)
  } catch (error) {
    console.error({ event: 'failed', problem: error instanceof Error ? error.message : 'no receipt' })
    return undefined
  }
}
