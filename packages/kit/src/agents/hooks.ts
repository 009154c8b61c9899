import type { AgentConnection } from './connection.ts'

/** What is known of a connection when it is made. */
export interface UpgradeContext {
  readonly request: Request
}

/** What a client sends, and gets. */
export type Frame = string | ArrayBuffer | ArrayBufferView

/** The ways into an Agent, as agents 0.24 and 0.32 have them. Described here: the kit does not depend on the SDK. */
export interface AgentHooks {
  /** Every request and every upgrade, before the SDK looks at it. */
  fetch(request: Request): Promise<Response>
  /** After each wake-up, before anything else. */
  onStart(props?: object): void | Promise<void>
  /** A request that is no upgrade. */
  onRequest(request: Request): Response | Promise<Response>
  /** A new connection; the SDK's own sends identity and state here. */
  onConnect(connection: AgentConnection, context: UpgradeContext): void | Promise<void>
  /** A frame; the SDK's own takes state writes and calls out of it. */
  onMessage(connection: AgentConnection, message: Frame): void | Promise<void>
  /** A connection that was closed, by whichever side. */
  onClose(connection: AgentConnection, code: number, reason: string, wasClean: boolean): void | Promise<void>
  /** The tags of a socket that is about to be accepted. */
  getConnectionTags(connection: AgentConnection, context: UpgradeContext): string[] | Promise<string[]>
  /** One open connection. */
  getConnection(id: string): AgentConnection | undefined
  /** The open connections. */
  getConnections(tag?: string): Iterable<AgentConnection>
  /** Sends to every connection; changes of state go this way too. */
  broadcast(message: Frame, without?: string[]): void
}

/** An Agent of the Agents SDK, as far as the mixins use it. */
export interface AgentInstance extends AgentHooks {
  /** The name of the Durable Object. */
  readonly name: string
  /** Calls a method of the Agent later, over hibernation too. */
  schedule(
    when: Date,
    callback: keyof this,
    payload: unknown,
    options: { idempotent: boolean },
  ): Promise<unknown>
}

/** An Agent with what a mixin gives it: the method that its schedule calls, and hooks for verified callers. */
export interface GuardedAgent extends AgentInstance {
  closeEndedConnections(): Promise<void>
  onAuthenticatedConnect(connection: AgentConnection, context: UpgradeContext): void | Promise<void>
  onAuthenticatedRequest(request: Request): Response | undefined | Promise<Response | undefined>
}

/** The hooks of an Agent, as its classes and the SDK's constructor left them. */
export function hooksOf(agent: AgentHooks): AgentHooks {
  return {
    fetch: agent.fetch.bind(agent),
    onStart: agent.onStart.bind(agent),
    onRequest: agent.onRequest.bind(agent),
    onConnect: agent.onConnect.bind(agent),
    onMessage: agent.onMessage.bind(agent),
    onClose: agent.onClose.bind(agent),
    getConnectionTags: agent.getConnectionTags.bind(agent),
    getConnection: agent.getConnection.bind(agent),
    getConnections: agent.getConnections.bind(agent),
    broadcast: agent.broadcast.bind(agent),
  }
}

/**
 * Puts other hooks in their place, for good: whatever would wrap or replace one of them later would stand in front of
 * the check, and fails with a `TypeError` instead.
 */
export function replaceHooks(agent: AgentHooks, hooks: AgentHooks): void {
  for (const [name, value] of Object.entries(hooks)) {
    Object.defineProperty(agent, name, { value, configurable: false, writable: false, enumerable: false })
  }
}

/** `McpAgent`'s method for a message over its legacy transport (SSE): the SDK's own handler calls it by RPC, past `fetch`. */
export const LEGACY_MESSAGE = 'onSSEMcpMessage'

/** Its parameters: the client's headers are in the last one. */
export type LegacyMessage = readonly [
  session: string,
  body: unknown,
  extra?: { readonly requestInfo?: { readonly headers?: Record<string, string> } },
]

/** The method that a class has for such messages, if it has one. */
export function legacyMessagesOf(base: {
  readonly prototype: object
}): ((...message: LegacyMessage) => Promise<unknown>) | undefined {
  const receive: unknown = Reflect.get(base.prototype, LEGACY_MESSAGE)
  return typeof receive === 'function'
    ? (receive as (...message: LegacyMessage) => Promise<unknown>)
    : undefined
}

/** Whether an Agent is an `McpAgent`: a session of one MCP client. */
export function isMcpAgent(agent: object): boolean {
  return typeof Reflect.get(agent, LEGACY_MESSAGE) === 'function'
}
