import type { Auth } from '../claims/types.ts'
import { DENYLIST_CACHE_SECONDS } from '../constants.ts'
import { KitError } from '../errors.ts'
import type { Decision, Denied } from '../http/decision.ts'
import { denialResponse } from '../kit/denial-response.ts'
import { heldCaller, type HeldCaller, standingsOf } from '../kit/held-caller.ts'
import { requestIdsOf } from '../log/request-ids.ts'
import { logFailure } from '../log/decision-line.ts'
import { type Closable, close, denialOf, type Ending, endingOf } from './closing.ts'
import {
  type AgentConnection,
  authOn,
  callerOf,
  callerOfSocket,
  endOf,
  endTag,
  holdCaller,
  keepCaller,
} from './connection.ts'
import type { GuardedObject } from './durable-object.ts'
import { type AgentHooks, type GuardedAgent, hooksOf, replaceHooks, type UpgradeContext } from './hooks.ts'
import { type Layer, Requirements } from './requirements.ts'

const seconds = (): number => Date.now() / 1000

/** Where the SDK's router puts the props for `onStart`. It leaves in place what a client sent there. */
const PROPS_HEADER = 'X-Agents-Lifecycle-Props'

/** A way to a client, and who is at its end. */
type OpenSocket = readonly [socket: Closable, caller: HeldCaller]

const guards = new WeakMap<GuardedAgent, AgentGuard>()

/**
 * Stands in front of every hook of one Agent, however many mixins it has. The check is in `fetch`, before the SDK sees
 * the request: a rejected upgrade opens no socket. `onRequest` and `onConnect` check again when they are reached another
 * way, as a sub-agent's are. Later the caller that is held on the connection decides: by the clock and the deny-list on
 * each frame, by what is known without a read on each broadcast and each wake-up, and by the list as it is then every
 * 30 s, on the Agent's schedule: that outlives hibernation, and a timer does not.
 */
export class AgentGuard {
  readonly #agent: GuardedAgent
  readonly #object: GuardedObject
  readonly #inner: AgentHooks
  readonly #requirements: Requirements
  readonly #callers = new WeakMap<Request, Auth>()
  /** Checks of frames that wait for the deny-list, by connection: later frames wait with them, and stay in order. */
  readonly #checking = new Map<string, Promise<Ending | undefined>>()

  private constructor(agent: GuardedAgent, object: GuardedObject, first: Layer) {
    this.#agent = agent
    this.#object = object
    this.#requirements = new Requirements(object.env, first)
    this.#inner = hooksOf(agent)
    replaceHooks(agent, this.#hooks())
  }

  /**
   * The guard of an Agent, which from now on requires this too: one guard replaces the hooks, once.
   *
   * @throws ConfigError when it contradicts what another mixin requires
   */
  static of(agent: GuardedAgent, object: GuardedObject, layer: Layer): AgentGuard {
    const guard = guards.get(agent)
    if (guard) {
      guard.#requirements.add(layer)
      return guard
    }
    const made = new AgentGuard(agent, object, layer)
    guards.set(agent, made)
    return made
  }

  /** The caller of a request, or the one on a connection as long as it may go on. */
  authOf(source: Request | AgentConnection): Auth | undefined {
    if (source instanceof Request) return this.#callers.get(source)
    return this.#knownEnding(source) === undefined ? authOn(source) : undefined
  }

  /**
   * Closes every connection that may not go on, by the deny-list as it is now. As long as others are open, it comes
   * again after 30 s.
   */
  async closeEnded(): Promise<void> {
    this.#closeKnown()
    const authorities = this.#requirements.authorities().filter(({ denylist }) => denylist)
    const open = this.#openSockets()
    if (authorities.length === 0 || open.length === 0) return
    await this.#scheduleCheck()
    for (const authority of authorities) {
      const standings = await standingsOf(
        authority,
        open.map(([, caller]) => caller),
      )
      for (const [socket, caller] of open) {
        const ending = endingOf(standings.get(caller) ?? 'ended')
        if (ending) close(socket, ending, caller.requestId)
      }
    }
  }

  #hooks(): AgentHooks {
    const inner = this.#inner
    return {
      fetch: (request) => this.#fetch(request),
      onStart: (props) => {
        this.#closeKnown()
        return inner.onStart(props)
      },
      onRequest: async (request) => {
        const decision = await this.#callerOf(request)
        return decision.granted ? inner.onRequest(request) : denialResponse(decision, request)
      },
      onConnect: (connection, context) => this.#connect(connection, context),
      onMessage: async (connection, message) => {
        const found = this.#ending(connection)
        const ending = found instanceof Promise ? await found : found
        if (ending) this.#closeAtFrame(connection, ending)
        else if (this.#mayGoOn(connection)) await inner.onMessage(connection, message)
      },
      // The SDK requests the tags before it accepts the socket. There the caller becomes known, so that no code can
      // run between the socket and its claims.
      getConnectionTags: async (connection, context) => {
        const decision = await this.#callerOf(context.request)
        const tags = await inner.getConnectionTags(connection, context)
        return decision.granted ? [...tags, endTag(heldCaller(decision.auth))] : tags
      },
      getConnection: (id) => {
        const connection = inner.getConnection(id)
        return connection && this.#mayGoOn(connection) ? connection : undefined
      },
      getConnections: (tag) => this.#connections(tag),
      broadcast: (message, without) => {
        this.#closeKnown()
        inner.broadcast(message, without)
      },
    }
  }

  async #fetch(received: Request): Promise<Response> {
    const request = this.#requirements.trustsProps ? received : withoutProps(received)
    try {
      const entry = await this.#requirements.authenticate(request)
      if (!entry.decision.granted) return denialResponse(entry.decision, request)
      this.#callers.set(entry.request, entry.decision.auth)
      return entry.accept(await this.#inner.fetch(entry.request))
    } catch (error) {
      if (!(error instanceof KitError)) throw error
      logFailure(this.#requirements.logger(), error, { request })
      return error.getResponse(requestIdsOf(request).requestId)
    }
  }

  async #connect(connection: AgentConnection, context: UpgradeContext): Promise<void> {
    const decision = await this.#callerOf(context.request)
    if (!decision.granted) {
      close(connection, endingOfDenied(decision), requestIdsOf(context.request).requestId)
      return
    }
    const caller = heldCaller(decision.auth, context.request)
    holdCaller(connection, caller)
    const { exp } = caller.claims
    await this.#schedule(Math.ceil(exp * 1000), exp)
    if (this.#requirements.authorities().some(({ denylist }) => denylist)) await this.#scheduleCheck()
    await this.#inner.onConnect(connection, context)
  }

  /**
   * The next of this Agent's fixed times, which are 30 s apart: one entry of the schedule, however many connections ask
   * for it, and never the one that runs now. Each Agent has its own, so that not all read the list at once.
   */
  async #scheduleCheck(): Promise<void> {
    const offset = Number.parseInt(this.#object.context.id.toString().slice(-4), 16) % DENYLIST_CACHE_SECONDS
    const passed = Math.floor((seconds() - offset) / DENYLIST_CACHE_SECONDS)
    const next = (passed + 1) * DENYLIST_CACHE_SECONDS + offset
    await this.#schedule(next * 1000, next)
  }

  async #schedule(milliseconds: number, payload: number): Promise<void> {
    await this.#agent.schedule(new Date(milliseconds), 'closeEndedConnections', payload, { idempotent: true })
  }

  *#connections(tag: string | undefined): Iterable<AgentConnection> {
    for (const connection of this.#inner.getConnections(tag)) {
      if (this.#mayGoOn(connection)) yield connection
    }
  }

  /** The decision on a request: the one that `fetch` made, or a new one for a request that came another way. */
  #callerOf(request: Request): Decision | Promise<Decision> {
    const auth = this.#callers.get(request)
    if (auth) return { granted: true, auth }
    return this.#requirements.authenticate(request).then(({ decision }) => {
      if (decision.granted) this.#callers.set(request, decision.auth)
      return decision
    })
  }

  /** Every way to a client that is open, those to sub-agents included: their sockets are here. */
  #openSockets(): readonly OpenSocket[] {
    const sockets = this.#object.context
      .getWebSockets()
      .map((socket) => [socket, callerOfSocket(socket)] as const)
    const connections = [...this.#inner.getConnections()].map((one) => [one, callerOf(one)] as const)
    return [...sockets, ...connections].flatMap(([socket, caller]) =>
      caller ? [[socket, caller] as const] : [],
    )
  }

  /** Closes what may not go on by what is known without a read. */
  #closeKnown(): void {
    const now = seconds()
    const { context } = this.#object
    // Connections of sub-agents are not among the Agent's own, but their sockets are here.
    for (const socket of context.getWebSockets()) {
      const end = endOf(context.getTags(socket))
      if (end !== undefined && end <= now) close(socket, 'ended', callerOfSocket(socket)?.requestId)
    }
    for (const connection of this.#inner.getConnections()) this.#mayGoOn(connection)
  }

  /** Lets a connection through to code, or closes it. */
  #mayGoOn(connection: AgentConnection): boolean {
    const ending = this.#knownEnding(connection)
    if (ending === undefined) keepCaller(connection)
    else closeConnection(connection, ending)
    return ending === undefined
  }

  #knownEnding(connection: AgentConnection): Ending | undefined {
    const caller = callerOf(connection)
    return caller ? this.#requirements.knownEnding(caller) : 'ended'
  }

  #closeAtFrame(connection: AgentConnection, ending: Ending): void {
    this.#requirements.log(denialOf(ending), () => ({ ...callerOf(connection) }))
    closeConnection(connection, ending)
  }

  /** Whether a frame's connection may not go on, by verdicts of at most 30 s. */
  #ending(connection: AgentConnection): Ending | undefined | Promise<Ending | undefined> {
    const { id } = connection
    const checking = this.#checking.get(id)
    if (checking) return checking
    const caller = callerOf(connection)
    const ending = caller ? this.#requirements.ending(caller) : 'ended'
    if (ending instanceof Promise) {
      const end = (): boolean => this.#checking.delete(id)
      this.#checking.set(id, ending)
      ending.then(end, end)
    }
    return ending
  }
}

function withoutProps(request: Request): Request {
  if (!request.headers.has(PROPS_HEADER)) return request
  const clean = new Request(request)
  clean.headers.delete(PROPS_HEADER)
  return clean
}

function closeConnection(connection: AgentConnection, ending: Ending): void {
  close(connection, ending, callerOf(connection)?.requestId)
}

function endingOfDenied({ status }: Denied): Ending {
  if (status === 503) return 'unavailable'
  return status === 403 ? 'forbidden' : 'ended'
}
