import { guard, probe, sealgate } from '@sealgate/kit/hono/verify'
import { correlationHeaders, denylist, needAll, rolesAny } from '@sealgate/kit/verify'
import { Hono } from 'hono'

const readers = [needAll('read:reports'), rolesAny('analyst', 'admin')]

/** The gateway forwards paths as they are. One guard for each route; handlers know the caller. */
export default new Hono()
  .use(sealgate({ parts: [denylist] }))
  .use(probe())
  .get('/api/whoami', guard(), (c) => {
    const { sub, permissions, roles } = c.var.auth
    return c.json({ sub, permissions, roles })
  })
  .get('/api/reports', guard(readers), (c) => c.json({ reports: ['2026-10'], for: c.var.auth.sub }))
  .notFound((c) =>
    c.json({ error: 'not_found', request_id: correlationHeaders(c.req.raw)['X-Request-Id'] }, 404),
  )
