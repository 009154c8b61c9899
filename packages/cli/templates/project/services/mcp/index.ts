import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { type Auth, denylist, needAll } from '@sealgate/kit/verify'
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

/** The gateway forwards `/mcp`. Its client sends an access token of your identity provider; here its caller is known. */
export default new Hono()
  .use(sealgate({ parts: [denylist] }))
  .use(probe())
  .post('/mcp', guard(needAll('read:reports')), (c) => {
    const { auth } = c.var
    return createMcpHandler(() => serverFor(auth)).fetch(c.req.raw)
  })
