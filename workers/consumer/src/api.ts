import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { type Context, Hono } from 'hono'
import { errorResponse } from './error-response.ts'
import { administrator, anybody, ownerOf, premium, reader } from './policies.ts'

/** The routes of the example service: one guard each, and handlers that know the caller. */
export const api = new Hono<SealgateEnv>()
  .get('/secure', guard(), (c) => c.json({ message: 'You are in.', sub: c.var.auth.sub }))
  .get('/whoami', guard(anybody), (c) => {
    const { sub, kind, permissions, roles, actor } = c.var.auth
    return c.json({ sub, kind, permissions, roles, actor })
  })
  .get('/reports', guard(reader), (c) => c.json({ reports: ['2026-09', '2026-10'], for: c.var.auth.sub }))
  .use('/admin/*', guard(administrator))
  .get('/admin/users', (c) => c.json({ admin: c.var.auth.sub, users: ['alice', 'bob', 'carol', 'dave'] }))
  .put(
    '/profile/:id',
    guard((c: Context) => ownerOf(c.req.param('id'))),
    async (c) => {
      const profile = await readProfile(c.req.raw)
      if (!profile) {
        const description = 'Send JSON: {"displayName": "…"}, 1 to 100 characters'
        return errorResponse(c.req.raw, 400, 'invalid_request', description)
      }
      // The example keeps no data: it responds with what it would have written.
      return c.json({ id: c.req.param('id'), ...profile, changedBy: c.var.auth.sub })
    },
  )
  .get('/secret-data', guard(premium), (c) => c.json({ secret: 'Only premium callers read this.' }))

async function readProfile(request: Request): Promise<{ readonly displayName: string } | undefined> {
  const body: unknown = await request.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null || !('displayName' in body)) return undefined
  const { displayName } = body
  const isName = typeof displayName === 'string' && displayName !== '' && displayName.length <= 100
  return isName ? { displayName } : undefined
}
