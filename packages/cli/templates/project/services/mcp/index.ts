import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { type Auth, authInfoOf, denylist, needAll } from '@sealgate/kit/verify'
import { guard, probe, sealgate } from '@sealgate/kit/hono/verify'
import { Hono } from 'hono'
import * as z from 'zod'

/** The tools, for one caller: one server for each request, and no session. */
function serverFor({ sub }: Auth): McpServer {
  const server = new McpServer({ name: 'my-system', version: '1.0.0' })
  server.registerTool(
    'list-reports',
    { description: 'Lists the reports of a year', inputSchema: z.object({ year: z.int() }) },
    ({ year }) => ({ content: [{ type: 'text', text: `${year}-10, for ${sub}` }] }),
  )
  return server
}

/** The gateway forwards `/mcp`, a protected resource: clients send a token for it alone, and here their user is known. */
export default new Hono()
  .use(sealgate({ parts: [denylist] }))
  .use(probe())
  .all('/mcp', guard(needAll('read:reports')), (c) => {
    const { auth } = c.var
    return createMcpHandler(() => serverFor(auth)).fetch(c.req.raw, { authInfo: authInfoOf(auth) })
  })
