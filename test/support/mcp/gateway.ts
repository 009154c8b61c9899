import { createGateway, defineGateway } from '@sealgate/gateway'

const server = { service: 'TOOLS', audience: 'tools' } as const
const mcp = { name: 'Tools', scopes: ['read:reports'], clients: 'any' } as const

/** A gateway in front of MCP servers, two of them, and a plain route to the same service. */
const gateway = createGateway(
  defineGateway({
    audiences: { tools: { permissions: ['read:reports'], roles: [] } },
    routes: [
      { ...server, match: '/mcp/tools', mcp },
      { ...server, match: '/mcp/seen', mcp },
      { ...server, match: '/api/*', methods: ['GET', 'POST'] },
    ],
  }),
)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
