import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { correlationHeaders } from '@sealgate/kit'
import { type Context, Hono } from 'hono'
import { paymentService } from './loopback.ts'

/** What the payment service keeps of the caller: read with a token of theirs for it, which this service requests of the gateway. */
export const ownPayments = new Hono<SealgateEnv>()
  .get('/payments', guard(), (c) => read(c, '/payments'))
  .get('/payments/:id/receipt', guard(), (c) =>
    read(c, `/payments/${encodeURIComponent(c.req.param('id'))}/receipt`),
  )

async function read(c: Context<SealgateEnv>, path: string): Promise<Response> {
  const { jwt, auth } = c.var
  const token = await jwt.delegate(auth, { aud: 'payments', permissions: [], incoming: c.req.raw })
  const headers = { ...correlationHeaders(c.req.raw), Authorization: `Bearer ${token}` }
  const response = await paymentService().fetch(`https://payments.internal${path}`, { headers })
  return new Response(response.body, response)
}
