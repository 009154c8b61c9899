import { McpServer } from '@modelcontextprotocol/server'
import { type Auth, authInfoOf } from '@sealgate/kit'
import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { createMcpHandler } from 'agents/mcp/server'
import { Hono } from 'hono'
import { reader } from './policies.ts'

const PATH = '/mcp/reports'

/**
 * The tools, for one caller: a server for each request, and no session. A caller whose rights do not suffice for a tool
 * neither sees it nor can call it.
 */
async function serverFor(auth: Auth): Promise<McpServer> {
  const server = new McpServer({ name: 'Reports', version: '1.0.0' })
  server.registerTool(
    'whoami',
    { description: 'Who is asking, through which client, and with which rights', annotations: READS },
    () => {
      const { sub, kind, permissions, roles, actor, claims } = auth
      return say({ sub, kind, client: claims.client_id, permissions, roles, actor })
    },
  )
  const { passed } = await reader.explain(auth.claims)
  if (passed) {
    server.registerTool('list_reports', { description: 'Lists the reports', annotations: READS }, () =>
      say({ reports: ['2026-09', '2026-10'], for: auth.sub }),
    )
  }
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
