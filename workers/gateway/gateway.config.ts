import { defineGateway } from '@sealgate/gateway'

export default defineGateway({
  audiences: {
    reports: {
      permissions: ['read:reports', 'export:reports', 'read:secret-data', 'manage:users', 'write:payments'],
      roles: ['analyst', 'admin', 'premium', 'staff'],
    },
    // No route leads there: the chat calls it in the name of its owner, with tokens of its own.
    payments: { permissions: ['write:payments'], roles: [] },
  },
  routes: [
    // The page to try it all, and what it may ask before anybody logged in.
    // The start page: a logout ends there, and a login that names no other place.
    { match: '/', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
    { match: '/app', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
    { match: '/app/*', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
    // With logins `login: 'redirect'` would lead there at once. This page has a link instead, so that a gateway without logins
    // starts too.
    { match: '/app/chat', methods: ['GET', 'HEAD'], service: 'CONSUMER', auth: 'none' },
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
    // An MCP server. A client logs its user in at the identity provider, which knows it or lets it register itself.
    {
      match: '/mcp/reports',
      service: 'CONSUMER',
      audience: 'reports',
      mcp: { name: 'Reports', scopes: ['read:reports'], clients: 'any' },
    },
  ],
})
