import { policy } from '@sealgate/kit'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { defineGateway } from '@sealgate/gateway'
import { createTestGateway } from '@sealgate/gateway/testing'
import { Hono } from 'hono'
import { expect, it } from 'vitest'

// Yours would come from '../gateway/gateway.config.ts' and '../services/reports/src/index.ts'.
const definition = defineGateway({
  audiences: { reports: { permissions: ['read:reports'], roles: [] } },
  routes: [{ match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' }],
})
const reports = new Hono<SealgateEnv>()
  .use(sealgate())
  .get('/api/reports', guard(policy().needAll('read:reports')), (c) => c.json({ for: c.var.auth.sub }))

const reader = { sub: 'auth0|ada', permissions: ['read:reports'] }

it('lets readers through to the service', async () => {
  const gateway = await createTestGateway(definition, { services: { REPORTS: reports } })
  const token = await gateway.auth0.token(reader)
  const response = await gateway.fetch('/api/reports', { headers: { Authorization: `Bearer ${token}` } })
  expect(await response.json()).toEqual({ for: 'auth0|ada' })
})

it('lets a session through until it has been idle for twelve hours', async () => {
  const gateway = await createTestGateway(definition)
  const Cookie = await gateway.login(reader)
  expect((await gateway.fetch('/api/reports', { headers: { Cookie } })).status).toBe(200)
  gateway.advance(13 * 3600)
  expect((await gateway.fetch('/api/reports', { headers: { Cookie } })).status).toBe(401)
})

it('sends the service a token of its own', async () => {
  const gateway = await createTestGateway(definition)
  const headers = { Authorization: `Bearer ${await gateway.auth0.token(reader)}` }
  await gateway.fetch('/api/reports', { headers })
  const [{ token = '' } = {}] = gateway.forwarded
  expect(await gateway.kit('reports').checkAuth(token)).toMatchObject(reader)
})
