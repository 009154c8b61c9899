/* eslint-disable @typescript-eslint/no-deprecated -- McpAgent is, and is used. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { AuthAgent, OwnedAgent } from '@sealgate/kit/agents'
import { Agent, type Connection, routeAgentRequest, type WSMessage } from 'agents'
import { McpAgent } from 'agents/mcp'

/** What the mixins promise with every version of `agents` that the kit's peer range names, in a Worker that each of them takes. */
type Env = Cloudflare.Env

export class Board extends AuthAgent(Agent<Env>) {
  override onRequest(): Response {
    return Response.json({ caller: this.auth.sub })
  }
  override onMessage(connection: Connection, message: WSMessage): void {
    if (typeof message === 'string') connection.send(`${this.auth.sub} said ${message}`)
  }
}

export class Notes extends OwnedAgent(AuthAgent(Agent<Env>), {
  ownerOf: (name) => /^of-([a-z]+)$/.exec(name)?.[1],
}) {
  override onRequest(): Response {
    return Response.json({ caller: this.auth.sub })
  }
  override onMessage(connection: Connection, message: WSMessage): void {
    if (typeof message === 'string') connection.send(`${this.auth.sub} said ${message}`)
  }
}

export class Tools extends AuthAgent(McpAgent) {
  readonly server = new McpServer({ name: 'tools', version: '1.0.0' })

  override init(): Promise<void> {
    this.server.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text: this.auth.sub }] }))
    return Promise.resolve()
  }
}

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/mcp') return Tools.serve('/mcp', { binding: 'Tools' }).fetch(request, env, ctx)
    return (await routeAgentRequest(request, env)) ?? new Response(null, { status: 404 })
  },
}
