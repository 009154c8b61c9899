import { createApp } from '../app.ts'
import { defineGateway, type GatewayDefinition } from '../config/definition.ts'
import { gatewaysOf } from '../gateway.ts'
import { createAdmin } from '../rpc/admin.ts'
import { createExchange } from '../rpc/exchange.ts'
import { createKeys } from '../rpc/keys.ts'
import { createSession } from '../session/durable-object.ts'

/** What the tests of this package run: a definition of their own, so that no configuration of a Worker can break them. */
export const definition: GatewayDefinition = defineGateway({
  audiences: {
    reports: {
      permissions: ['read:reports', 'export:reports', 'read:secret-data', 'manage:users'],
      roles: ['analyst', 'admin', 'premium', 'staff'],
    },
  },
  routes: [
    { match: '/app', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
    { match: '/app/*', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
    ...['/api/whoami', '/api/decisions'].map((match) => ({
      match,
      methods: ['GET'] as const,
      service: 'CONSUMER',
      audience: 'reports' as const,
      auth: 'anonymous' as const,
      anonymousGrant: [],
      overrides: true,
    })),
    {
      match: '/api/*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      service: 'CONSUMER',
      audience: 'reports',
    },
  ],
})

export const gatewayOf = gatewaysOf(definition)
export const app = createApp(gatewayOf)
export const Keys = createKeys(gatewayOf)
export const Exchange = createExchange(gatewayOf)
export const Admin = createAdmin(gatewayOf)
export const Session = createSession(gatewayOf)
export default app
