import { policy } from '@sealgate/kit'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { createTestIssuer } from '@sealgate/kit/testing'
import { Hono } from 'hono'
import { expect, it } from 'vitest'

// Yours would come from './index.ts'.
const app = new Hono<SealgateEnv>()
  .use(sealgate())
  .get('/reports', guard(policy().needAll('read:reports')), (c) => c.json({ for: c.var.auth.sub }))

const issuer = await createTestIssuer({ audience: 'reports' })

function call(token: string): Response | Promise<Response> {
  return app.request('/reports', { headers: { Authorization: `Bearer ${token}` } }, issuer.env)
}

it('lets readers in', async () => {
  const response = await call(await issuer.token({ sub: 'ada', permissions: ['read:reports'] }))
  expect(await response.json()).toEqual({ for: 'ada' })
})

it.each([
  ['without the permission', () => issuer.token({ sub: 'bob' }), 403],
  ['with an expired token', () => issuer.expired(), 401],
  ['with a forged token', () => issuer.forged(), 401],
])('rejects a caller %s', async (_, token, status) => {
  expect((await call(await token())).status).toBe(status)
})

it('survives a rotation', async () => {
  const old = await issuer.token({ permissions: ['read:reports'] })
  await issuer.rotate()
  expect((await call(old)).status).toBe(200)
  expect((await call(await issuer.token({ permissions: ['read:reports'] }))).status).toBe(200)
})
