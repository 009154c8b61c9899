import { correlationHeaders } from '@sealgate/kit'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { needAll } from '@sealgate/kit/verify'
import { Hono } from 'hono'

interface Env extends SealgateEnv {
  Bindings: { readonly NEXT: { fetch(url: string, init: RequestInit): Promise<Response> } }
}

/** A service that calls the next one for its caller. Two Workers run it, each with an audience of its own. */
export default new Hono<Env>()
  .use(sealgate())
  .get('/api/headers', guard(), (c) => c.json(Object.fromEntries(c.req.raw.headers)))
  .get('/api/next/:path', guard(), async (c) => {
    const incoming = c.req.raw
    const token = await c.var.jwt.delegate(c.var.auth, { aud: 'archive', incoming })
    return c.env.NEXT.fetch(`https://next.internal/api/${c.req.param('path')}`, {
      headers: { Authorization: `Bearer ${token}`, ...correlationHeaders(incoming) },
    })
  })
  .get('/api/nowhere', guard(), async (c) =>
    c.text(await c.var.jwt.delegate(c.var.auth, { aud: 'nowhere', incoming: c.req.raw })),
  )
  .get('/api/denied', guard(needAll('nobody:has')), (c) => c.text('in'))
