import { policy } from '@sealgate/kit'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'

export { UsedApprovals } from '@sealgate/kit/approvals'

/** The service that pays, once for each yes. */
const app = new Hono<SealgateEnv>()
app.use(sealgate())
app.post(
  '/',
  guard(policy().needAll('write:payments'), {
    approved: async (c) => ({ tool: 'transfer', args: await c.req.json<unknown>() }),
  }),
  async (c) =>
    c.json(await c.var.jwt.receipt(c.var.approval, { payment: 'p-17', status: 'paid' }, c.req.raw)),
)

export default app
