import { defineGateway } from '@sealgate/gateway'

export default defineGateway({
  // The most that a token for each service may carry. What is not listed is never issued.
  audiences: {
    reports: { permissions: ['read:reports'], roles: ['analyst', 'admin'] },
    // if: agents
    notes: { permissions: [], roles: [] },
    // end
    // if: mcp
    mcp: { permissions: ['read:reports'], roles: [] },
    // end
  },
  // if: gateway-only
  // None yet: clients exchange their tokens at POST /oauth/token, and call services themselves. A route looks like this:
  // { match: '/api/reports', methods: ['GET'], service: 'REPORTS', audience: 'reports' }
  routes: [],
  // end
  // if: service
  // Exact paths, or prefixes: '/api/*'. The most exact match wins.
  routes: [
    { match: '/api/reports', methods: ['GET'], service: 'REPORTS', audience: 'reports' },
    { match: '/api/whoami', methods: ['GET'], service: 'REPORTS', audience: 'reports' },
    // if: agents
    { match: '/api/notes', methods: ['GET', 'POST', 'DELETE'], service: 'NOTES', audience: 'notes' },
    // end
    // if: mcp
    // Clients find by its URL where to get a token for it, and may register themselves at your identity provider.
    {
      match: '/mcp',
      service: 'MCP',
      audience: 'mcp',
      mcp: { name: 'my-system', scopes: ['read:reports'], clients: 'any' },
    },
    // end
  ],
  // end
})
