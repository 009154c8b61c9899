import { denialResponse } from '@sealgate/kit'
import { authenticateUpgrade, closeAtEnd } from '@sealgate/kit/agents'
import type { SealgateEnv } from '@sealgate/kit/hono'
import { routeAgentRequest } from 'agents'
import { Hono } from 'hono'
import { ownerOfChat } from './chat/chat-name.ts'
import { errorResponse } from './error-response.ts'
import { ownerAlone } from './policies.ts'

/** Routes that open WebSockets. Whoever may not pass is rejected before there is a socket. */
export const sockets = new Hono<SealgateEnv>()
  /** Says back what it hears, as long as the caller's token lives. */
  .get('/echo', async (c) => {
    const upgrade = await authenticateUpgrade(c.req.raw, { kit: c.var.jwt })
    if (!upgrade.decision.granted) return denialResponse(upgrade.decision, c.req.raw)
    if (c.req.header('Upgrade')?.toLowerCase() !== 'websocket') {
      const upgrade = { Upgrade: 'websocket' }
      return errorResponse(c.req.raw, 426, 'upgrade_required', 'Open a WebSocket here', upgrade)
    }
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => server.send(data))
    closeAtEnd(server, upgrade.decision.auth, c.req.raw)
    return upgrade.accept(new Response(null, { status: 101, webSocket: client }))
  })
  /**
   * `/agents/chat/<name>`, over WebSocket and HTTP. A stranger does not even wake the Agent, which checks again. Below it
   * there is nothing: the SDK would make an Agent of its own for each `/sub/<class>/<name>` that its owner requests.
   */
  .all('/agents/chat/:name', async (c) => {
    const kit = c.var.jwt
    const admit = async (
      request: Request,
      { name }: { readonly name: string },
    ): Promise<Request | Response> => {
      const { decision, request: admitted } = await authenticateUpgrade(request, {
        kit,
        policy: ownerAlone(ownerOfChat(name)),
      })
      return decision.granted ? admitted : denialResponse(decision, request)
    }
    const response = await routeAgentRequest(c.req.raw, c.env, {
      prefix: c.req.path.startsWith('/api/') ? 'api/agents' : 'agents',
      onBeforeConnect: admit,
      onBeforeRequest: admit,
    })
    return response ?? c.notFound()
  })
