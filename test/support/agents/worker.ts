import { AIChatAgent } from '@cloudflare/ai-chat'
import { makeKit, policy, denialResponse } from '@sealgate/kit'
import { AuthAgent, authenticateUpgrade, closeAtEnd, OwnedAgent } from '@sealgate/kit/agents'
import { McpTools } from './members.ts'
import { Agent, callable, type Connection, routeAgentRequest, type WSMessage } from 'agents'

/** The Agents under test. What they do is what the SDK's own examples do. */
interface Env extends Cloudflare.Env {
  readonly JWT_ISS: string
  readonly Room: DurableObjectNamespace
}

export interface Count {
  readonly count: number
}

/** What came through to code, in order. */
export const seen: string[] = []

class Counter extends Agent<Env, Count> {
  override initialState: Count = { count: 0 }

  override onStart(props?: object): void {
    if (props) seen.push(`props ${JSON.stringify(props)}`)
  }

  override onRequest(): Response {
    seen.push('request')
    return Response.json(this.state)
  }

  override onConnect(connection: Connection): void {
    seen.push('connect')
    connection.send('welcome')
  }

  override onMessage(connection: Connection, message: WSMessage): void {
    seen.push('message')
    if (message === 'forget') connection.setState({ sealgate: { sub: 'mallory', exp: 9e9 }, own: 1 })
    if (message === 'broadcast') this.broadcast('to all')
    if (message === 'count') connection.send(`${[...this.getConnections()].length} connected`)
  }

  increment(): number {
    seen.push('call')
    this.setState({ count: this.state.count + 1 })
    return this.state.count
  }

  static {
    // The decorator as a function: the test's bundler does not lower decorators.
    // eslint-disable-next-line @typescript-eslint/unbound-method
    callable()(this.prototype.increment, {} as ClassMethodDecoratorContext)
  }
}

/** Below a guarded Agent, without a guard of its own. */
export class Bare extends Counter {}

const reader = policy().needAll('read:reports').build()

export class Guarded extends AuthAgent(Counter, { policy: reader, query: 'token' }) {
  override onMessage(connection: Connection, message: WSMessage): void {
    if (message === 'who') connection.send(`you are ${this.authOf(connection)?.sub ?? 'nobody'}`)
    else super.onMessage(connection, message)
  }

  override onRequest(request?: Request): Response {
    seen.push('request')
    return Response.json({ caller: request && this.authOf(request)?.sub })
  }
}

export class Owned extends OwnedAgent(Counter, {
  trustProps: true,
  ownerOf: (name) => (name.startsWith('of-') ? name.slice(3) : undefined),
}) {}

const ofName = (name: string): string | undefined =>
  name.startsWith('of-') ? name.slice(3).split('.')[0] : undefined

const SuperAgent = OwnedAgent(AuthAgent(AIChatAgent<Env>))
/** A chat as its guides write it; its owner is set by code. */
export class ChatFree extends SuperAgent {
  override onChatMessage(): Promise<Response> {
    return Promise.resolve(new Response('Good morning'))
  }
}

/** Both mixins, each with something to require, in either order. */
export class ChatInside extends OwnedAgent(AuthAgent(AIChatAgent<Env>, { policy: reader }), {
  ownerOf: ofName,
}) {
  override onChatMessage(): Promise<Response> {
    return Promise.resolve(new Response('Good morning'))
  }
}
export class ChatOutside extends AuthAgent(OwnedAgent(AIChatAgent<Env>, { ownerOf: ofName }), {
  policy: reader,
}) {
  override onChatMessage(): Promise<Response> {
    return Promise.resolve(new Response('Good morning'))
  }
}

/** A class that sets hooks of its own on each instance, as chats of the SDK do, below both mixins. */
class Wrapping extends Counter {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const handle = this.onMessage.bind(this)
    this.onMessage = (connection, message) => {
      seen.push('wrapped')
      handle(connection, message)
    }
  }
}
export class Hooked extends AuthAgent(OwnedAgent(Wrapping, { ownerOf: ofName }), { policy: reader }) {}

export * from './members.ts'
export { Room } from './room.ts'
export { ToolChat, ToolChat6 } from './tools.ts'

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname.startsWith('/rooms/')) return env.Room.get(env.Room.idFromName(pathname)).fetch(request)
    if (pathname === '/mcp') return McpTools.serve('/mcp', { binding: 'McpTools' }).fetch(request, env, ctx)
    if (pathname.startsWith('/sse')) {
      return McpTools.serveSSE('/sse', { binding: 'McpTools' }).fetch(request, env, ctx)
    }
    if (pathname === '/plain') return plain(request, env, searchParams.get('protocol'))
    if (pathname === '/echo-offer') return plain(request, env, request.headers.get('Sec-WebSocket-Protocol'))
    if (pathname === '/echo-last') {
      return plain(request, env, request.headers.get('Sec-WebSocket-Protocol')?.split(', ').at(-1))
    }
    const routed =
      (await routeAgentRequest(request, env)) ??
      (await routeAgentRequest(request, env, {
        prefix: 'checked',
        props: { from: 'worker' },
        onBeforeConnect: async (upgradeRequest) => {
          const { decision, request: passed } = await authenticateUpgrade(upgradeRequest, {
            kit: makeKit(env),
          })
          return decision.granted ? passed : denialResponse(decision, upgradeRequest)
        },
      }))
    return routed ?? new Response(null, { status: 404 })
  },
}

/** A WebSocket without the Agents SDK. `protocol` is what careless code would choose. */
async function plain(request: Request, env: Env, protocol?: string | null): Promise<Response> {
  const upgrade = await authenticateUpgrade(request, { kit: makeKit(env), policy: reader })
  if (!upgrade.decision.granted) return denialResponse(upgrade.decision, request)
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  closeAtEnd(server, upgrade.decision.auth, request)
  server.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => server.send(data))
  server.send(JSON.stringify([...upgrade.request.headers]))
  const headers = new Headers(protocol ? { 'Sec-WebSocket-Protocol': protocol } : {})
  return upgrade.accept(new Response(null, { status: 101, webSocket: client, headers }))
}
