import { McpServer } from '@modelcontextprotocol/server'
import { type Auth, authInfoOf } from '@sealgate/kit'
import { guardMcpTools } from '@sealgate/kit/agents'
import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { createMcpHandler } from 'agents/mcp/server'
import { Hono } from 'hono'
import { anybody, reader } from './policies.ts'

const PATH = '/mcp/reports'

/**
 * The tools, for one caller: a server for each request, and no session. A caller whose rights do not suffice for a tool
 * does not see it, and a call of it is denied.
 */
function serverFor(auth: Auth): McpServer {
  const server = new McpServer({ name: 'Reports', version: '1.0.0' })
  guardMcpTools(
    server,
    {
      whoami: {
        policy: anybody,
        tool: {
          description: 'Who is asking, through which client, and with which rights',
          annotations: READS,
          execute: () => {
            const { sub, kind, permissions, roles, actor, claims } = auth
            return say({ sub, kind, client: claims.client_id, permissions, roles, actor })
          },
        },
      },
      list_reports: {
        policy: reader,
        tool: {
          description: 'Lists the reports',
          annotations: READS,
          execute: () => say({ reports: ['2026-09', '2026-10'], for: auth.sub }),
        },
      },
    },
    auth,
  )
  return server
}

const READS = { readOnlyHint: true, openWorldHint: false } as const

const say = (content: object) => ({ content: [{ type: 'text' as const, text: JSON.stringify(content) }] })

/**
 * An MCP server for reports. The gateway makes its route a protected resource, so that a client finds out by the URL alone
 * where to log in; it checks `Origin` and sets CORS headers too.
 */
export const mcp = new Hono<SealgateEnv>().all(PATH, guard(), (c) => {
  const { auth } = c.var
  const handler = createMcpHandler(() => serverFor(auth), {
    route: PATH,
    corsOptions: false,
    allowedOriginHostnames: '*',
  })
  return handler.fetch(c.req.raw, { authInfo: authInfoOf(auth) })
})
