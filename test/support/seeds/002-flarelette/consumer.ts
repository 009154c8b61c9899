import { Hono } from 'hono'
import { makeKit } from '@sealgate/kit/adapters/hono'
const app = new Hono()
app.use('*', async (c, next) => {
c.set('jwt', makeKit(c.env)) // Automatically detects service binding
await next()
})
app.get('/secure', async c => {
const jwt = c.get('jwt')
const token = c.req.header('Authorization')?.replace('Bearer ', '')
const auth = await jwt.checkAuth(token, jwt.policy().build())
if (!auth) {
return c.json({ error: 'Unauthorized' }, 401)
}
return c.json({ data: 'secure', user: auth.sub })
})
export default app
