/* eslint-disable @typescript-eslint/no-deprecated -- McpAgent is, and is used. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { policy } from '@sealgate/kit'
import { AuthAgent, guardMcpTools } from '@sealgate/kit/agents'
import { guard, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { McpAgent } from 'agents/mcp'
import { Hono } from 'hono'

const say = (content: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(content) }] })

/** An MCP server with sessions: an Agent for each. */
export class Tools extends AuthAgent(McpAgent) {
  readonly server = new McpServer({ name: 'tools', version: '1.0.0' })

  override init(): Promise<void> {
    guardMcpTools(
      this.server,
      {
        whoami: {
          policy: policy(),
          tool: {
            description: 'Who asks',
            execute: () => {
              const { sub, kind, permissions, claims, actor } = this.auth
              return say({ sub, kind, permissions, client: claims.client_id, actor })
            },
          },
        },
        forbidden: {
          policy: policy().needAll('write:reports'),
          tool: { description: 'What nobody may', execute: () => say('done') },
        },
      },
      this,
    )
    return Promise.resolve()
  }
}

const app = new Hono<SealgateEnv>()
  .use(sealgate())
  .use(guard())
  // Whatever came, and on request a stream that does not end by itself.
  .all('/mcp/seen', (c) => {
    if (c.req.method !== 'GET') return c.json(Object.fromEntries(c.req.raw.headers))
    let timer: ReturnType<typeof setInterval>
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const tick = (): void => controller.enqueue(new TextEncoder().encode(`data: ${Date.now()}\n\n`))
        tick()
        timer = setInterval(tick, 500)
      },
      cancel: () => clearInterval(timer),
    })
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  })
  .all('/api/*', (c) => c.text('api'))

const mcp = Tools.serve('/mcp/tools')

type Context = Parameters<typeof mcp.fetch>[2]

export default {
  fetch(request: Request, env: never, ctx: Context): Response | Promise<Response> {
    const isMcp = new URL(request.url).pathname === '/mcp/tools'
    return isMcp ? mcp.fetch(request, env, ctx) : app.fetch(request, env, ctx as never)
  },
}
