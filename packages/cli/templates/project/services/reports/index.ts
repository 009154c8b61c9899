import { guard, sealgate } from '@sealgate/kit/hono/verify'
import { denylist, needAll, rolesAny } from '@sealgate/kit/verify'
import { Hono } from 'hono'

const readers = [needAll('read:reports'), rolesAny('analyst', 'admin')]

/** The gateway forwards `/api/*` as it is. One guard for each route; handlers know the caller. */
export default new Hono()
  .basePath('/api')
  .use(sealgate({ parts: [denylist] }))
  .get('/whoami', guard(), (c) => {
    const { sub, permissions, roles } = c.var.auth
    return c.json({ sub, permissions, roles })
  })
  .get('/reports', guard(readers), (c) => c.json({ reports: ['2026-10'], for: c.var.auth.sub }))
