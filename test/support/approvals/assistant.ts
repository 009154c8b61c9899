import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'

interface Env extends SealgateEnv {
  readonly Bindings: { readonly PAYMENTS: { fetch(request: Request): Promise<Response> } }
}

/** The service that an agent runs in. A request here stands for the yes of the person whose connection it is. */
const app = new Hono<Env>()
app.use(sealgate())

const actOf = (args: unknown) => ({ aud: 'payments', tool: 'transfer', args })

/** The yes, the act, and what came of it. */
app.post('/assistant/pay', guard(), async (c) => {
  const { jwt, auth } = c.var
  const args = await c.req.json<unknown>()
  const incoming = c.req.raw
  const approval = await jwt.approve(auth, { ...actOf(args), incoming })
  const bearer = await jwt.delegate(auth, { aud: 'payments', incoming })
  return c.env.PAYMENTS.fetch(
    new Request('https://payments.internal/', {
      method: 'POST',
      headers: { Authorization: `Bearer ${bearer}`, 'Txn-Token': approval },
      body: JSON.stringify(args),
    }),
  )
})

/** What an agent could send wherever it likes. */
app.post('/assistant/tokens', guard(), async (c) => {
  const { jwt, auth } = c.var
  const approval = await jwt.approve(auth, actOf(await c.req.json()))
  const bearer = await jwt.delegate(auth, { aud: 'payments' })
  return c.json({ approval, bearer })
})

/** An agent that has nothing but the token it was delegated tries to approve for itself. */
app.post('/assistant/alone', guard(), async (c) => {
  const { jwt, auth } = c.var
  const own = await jwt.delegate(auth, { aud: 'assistant' })
  const approval = jwt.approve(own, actOf(await c.req.json()))
  return c.text(await approval.catch((error: unknown) => (error instanceof Error ? error.message : '')))
})

export default app
