/* eslint-disable @typescript-eslint/no-deprecated -- McpAgent is, and is used. */
import { AIChatAgent } from '@cloudflare/ai-chat'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { parse, policy } from '@sealgate/kit'
import { AuthAgent, type AuthenticatedAgent, guardMcpTools, OwnedAgent } from '@sealgate/kit/agents'
import { Agent, callable, type Connection, type WSMessage } from 'agents'
import { McpAgent } from 'agents/mcp'
import { z } from 'zod'

/** Agents that say what they know of their caller: both mixins, in either order, over each class of the SDK. */
type Env = Cloudflare.Env

/** What ran for nobody, and what it was told. */
export const told: string[] = []

const reader = policy().needAll('read:reports')
const writer = policy().needAll('write:reports')
const ownerOf = (name: string): string | undefined => /^(?:streamable-http:)?of-([a-z]+)/.exec(name)?.[1]

type Reporting = AuthenticatedAgent & Pick<Agent, 'schedule' | 'queue'>

const outcomeOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return String(error)
  }
}

/** Every member, as code of the Agent gets it. */
async function report(agent: Reporting): Promise<object> {
  const payments = { fetch: (request: Request | string | URL) => Promise.resolve(carried(request)) }
  const caller = agent.asCaller(payments, { aud: 'payments' })
  const sent = await caller
    .fetch('https://payments.internal/', { headers: { Authorization: 'Bearer of-the-caller' } })
    .then((response) => response.text())
    .catch(String)
  return {
    sub: agent.auth.sub,
    same: agent.getAuth() === agent.auth && agent.getClaims() === agent.auth.claims,
    credentials: outcomeOf(() => agent.getCredentials()),
    allowed: outcomeOf(() => agent.requireAuth(reader).sub),
    forbidden: outcomeOf(() => agent.requireAuth(policy().needAll('write:reports')).sub),
    delegated: await agent.delegate({ aud: 'payments' }).then((token) => parse(token).payload, String),
    sent,
  }
}

const carried = (request: Request | string | URL): Response =>
  new Response(request instanceof Request ? request.headers.get('Authorization') : 'no request')

/** What a client of any of them can say. */
async function receive(agent: Reporting, connection: Connection, message: WSMessage): Promise<void> {
  if (message === 'report') connection.send(JSON.stringify(await report(agent)))
  if (message === 'later') {
    await agent.schedule(1, 'tick' as never, 'schedule')
    await agent.queue('tick' as never, 'queue')
    connection.send('planned')
  }
  if (message === 'until the end') {
    connection.send('one moment')
    while (Date.now() / 1000 <= agent.getClaims().exp) await new Promise((resolve) => setTimeout(resolve, 5))
    connection.send('too late')
  }
  if (message === 'slow') {
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.send(`after a while ${agent.auth.sub}`)
  }
}

function tell(agent: AuthenticatedAgent, by: string): void {
  told.push(`${by}: ${String(outcomeOf(() => agent.auth.sub))}`)
}

/** A class that sets its hooks by itself, on each instance. */
class OwnHooks extends Agent {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const [fetch, onMessage] = [this.fetch.bind(this), this.onMessage.bind(this)]
    this.fetch = (request) => fetch(request)
    this.onMessage = (connection, message) => onMessage(connection, message)
  }
}

class Tools extends McpAgent {
  readonly server = new McpServer({ name: 'reports', version: '1.0.0' })

  override init(): Promise<void> {
    return Promise.resolve()
  }
}

export class AgentInside extends OwnedAgent(AuthAgent(Agent<Env>), { ownerOf }) {
  override onStart(): void {
    tell(this, 'start')
  }
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
  override onAuthenticatedConnect(connection: Pick<Connection, 'id'>): void {
    if ('send' in connection) (connection as Connection).send(`welcome ${this.auth.sub}`)
  }
  override onAuthenticatedRequest(request: Request): Response | undefined {
    return new URL(request.url).search === '?mine' ? Response.json({ hello: this.auth.sub }) : undefined
  }
  override onRequest(): Response {
    return Response.json({ caller: this.auth.sub })
  }
  override onClose(): void {
    tell(this, 'close')
  }
  tick(by: string): void {
    tell(this, by)
  }
  whoami(): string {
    return this.auth.sub
  }
  forbidden(): string {
    return this.requireAuth(policy().needAll('write:reports')).sub
  }
  static {
    const context = {} as ClassMethodDecoratorContext
    /* eslint-disable @typescript-eslint/unbound-method */
    callable()(this.prototype.whoami, context)
    callable()(this.prototype.forbidden, context)
    /* eslint-enable @typescript-eslint/unbound-method */
  }
}

export class AgentOutside extends AuthAgent(OwnedAgent(Agent<Env>, { ownerOf })) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}

/** Of several people. */
export class SharedBoard extends AuthAgent(Agent<Env>) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}

export class HooksInside extends OwnedAgent(AuthAgent(OwnHooks), { ownerOf }) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}
export class HooksOutside extends AuthAgent(OwnedAgent(OwnHooks, { ownerOf })) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}

export class MessagesInside extends OwnedAgent(AuthAgent(AIChatAgent<Env>), { ownerOf }) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
  override onChatMessage(): Promise<Response> {
    return Promise.resolve(new Response(`Good morning, ${this.auth.sub}`))
  }
}
export class MessagesOutside extends AuthAgent(OwnedAgent(AIChatAgent<Env>, { ownerOf })) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
  override onChatMessage(): Promise<Response> {
    return Promise.resolve(new Response(`Good morning, ${this.auth.sub}`))
  }
}

export class ToolsInside extends OwnedAgent(AuthAgent(Tools), { ownerOf }) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}
export class ToolsOutside extends AuthAgent(OwnedAgent(Tools, { ownerOf })) {
  override onMessage(connection: Connection, message: WSMessage): Promise<void> {
    return receive(this, connection, message)
  }
}

/** An MCP server of its own for each session, of any verified caller. */
export class McpTools extends AuthAgent(McpAgent) {
  readonly server = new McpServer({ name: 'reports', version: '1.0.0' })

  override init(): Promise<void> {
    guardMcpTools(
      this.server,
      {
        whoami: {
          tool: { execute: () => ({ content: [{ type: 'text', text: this.auth.sub }] }) },
          policy: policy(),
        },
        secrets: {
          tool: {
            inputSchema: z.object({ of: z.string() }),
            execute: ({ of }) => ({
              content: [{ type: 'text', text: `secrets of ${of}, for ${this.auth.sub}` }],
            }),
          },
          policy: policy().needAll('read:secrets'),
        },
        strict: {
          tool: { execute: () => ({ content: [{ type: 'text', text: this.requireAuth(writer).sub }] }) },
          policy: policy(),
        },
      },
      this,
    )
    return Promise.resolve()
  }
}
