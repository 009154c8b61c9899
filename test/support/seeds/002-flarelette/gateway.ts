import { Hono } from 'hono'
import { makeKit } from '@sealgate/kit/adapters/hono'
const app = new Hono()
app.use('*', async (c, next) => {
c.set('jwt', makeKit(c.env))
await next()
})
// JWKS endpoint
app.get('/.well-known/jwks.json', async c => {
const publicJwk = JSON.parse(c.env.GATEWAY_PUBLIC)
return c.json({ keys: [publicJwk] })
})
// Sign tokens
app.post('/sign', async c => {
const jwt = c.get('jwt')
const body = await c.req.json()
const token = await jwt.sign(body)
return c.json({ token })
})
export default app
