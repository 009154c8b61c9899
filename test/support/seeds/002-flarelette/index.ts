import { Hono } from 'hono'
import { makeKit } from '@sealgate/kit/adapters/hono'
import type { WorkerEnv } from '@sealgate/kit'
const app = new Hono<{ Bindings: WorkerEnv }>()
// Inject environment
app.use('*', async (c, next) => {
const jwt = makeKit(c.env)
c.set('jwt', jwt)
await next()
})
// Protected route
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
