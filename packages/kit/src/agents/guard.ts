import type { Auth } from '../claims/types.ts'
import { ConfigError, KitError } from '../errors.ts'
import { type Decision, denial, type Denied } from '../http/decision.ts'
import { DenialError } from '../kit/denial-error.ts'
import { denialResponse } from '../kit/denial-response.ts'
import { heldCaller } from '../kit/held-caller.ts'
import { requestIdsOf } from '../log/request-ids.ts'
import { logFailure } from '../log/decision-line.ts'
import { CallerAccess } from './caller-access.ts'
import { close, denialOf, type Ending } from './closing.ts'
import { type AgentConnection, callerOf, endTag, holdCaller, keepCaller, keyOf } from './connection.ts'
import { callerServedBy, type CurrentCaller, serveAs } from './current-caller.ts'
import type { GuardedObject } from './durable-object.ts'
import { HeldAuths } from './held-auths.ts'
import {
  type AgentHooks,
  type Frame,
  type GuardedAgent,
  hooksOf,
  isMcpAgent,
  type LegacyMessage,
  replaceHooks,
  type UpgradeContext,
} from './hooks.ts'
import { type Answer, answerIn, replyIn } from './chat-frames.ts'
import { McpSession } from './mcp-session.ts'
import { Questions } from './questions.ts'
import { type Layer, Requirements } from './requirements.ts'
import { SocketWatch } from './socket-watch.ts'

/** Where the SDK's router puts the props for `onStart`. It leaves in place what a client sent there. */
const PROPS_HEADER = 'X-Agents-Lifecycle-Props'

const guards = new WeakMap<object, AgentGuard>()

/**
 * Stands in front of every hook of one Agent, however many mixins it has. The check is in `fetch`, before the SDK sees
 * the request: a rejected upgrade opens no socket. `onRequest` and `onConnect` check again when they are reached another
 * way, as a sub-agent's are. Later the caller that is held on the connection decides: by the clock and the deny-list on
 * each frame, by what is known without a read on each broadcast and each wake-up, and by the list as it is then every
 * 30 s. Code behind a hook runs in the name of its caller.
 */
export class AgentGuard {
  /** The caller whom the Agent serves now. */
  readonly access: CallerAccess
  /** What people were asked, and said. */
  readonly questions: Questions
  readonly #agent: GuardedAgent
  readonly #inner: AgentHooks
  readonly #requirements: Requirements
  readonly #watch: SocketWatch
  readonly #callers = new WeakMap<Request, Auth>()
  readonly #held = new HeldAuths()
  /** Checks of frames that wait for the deny-list, by connection: later frames wait with them, and stay in order. */
  readonly #checking = new Map<string, Promise<Ending | undefined>>()

  private constructor(agent: GuardedAgent, object: GuardedObject, first: Layer) {
    this.#agent = agent
    const session = isMcpAgent(agent) ? new McpSession(object.context.storage.kv) : undefined
    const requirements = new Requirements(object.env, first, session)
    const inner = hooksOf(agent)
    this.#requirements = requirements
    this.#inner = inner
    this.access = new CallerAccess(agent, requirements)
    this.questions = new Questions(object.context.storage.sql)
    const mayGoOn = this.#mayGoOn.bind(this)
    this.#watch = new SocketWatch({ agent, object, inner, requirements, mayGoOn })
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

  /** @throws ConfigError when no mixin guards it */
  static over(agent: object): AgentGuard {
    const guard = guards.get(agent)
    if (guard) return guard
    throw new ConfigError('this takes an Agent that AuthAgent or OwnedAgent guards')
  }

  /** The caller of a request, or the one on a connection as long as it may go on. */
  authOf(source: Request | AgentConnection): Auth | undefined {
    if (source instanceof Request) return this.#callers.get(source)
    return this.#knownEnding(source) === undefined ? this.#held.authOf(source) : undefined
  }

  /** Lets a message in that came past `fetch`, by the headers that came with it; or returns why not. */
  async receiveLegacy([, , extra]: LegacyMessage, receive: () => Promise<unknown>): Promise<unknown> {
    const request = new Request('https://agent.invalid/', { headers: extra?.requestInfo?.headers ?? {} })
    const decision = await this.#callerOf(request)
    if (!decision.granted) return new DenialError(decision)
    return serveAs(this.#asCaller(decision.auth, request), receive)
  }

  /** See {@link SocketWatch.closeEnded}. */
  closeEnded(): Promise<void> {
    return this.#watch.closeEnded()
  }

  #hooks(): AgentHooks {
    const inner = this.#inner
    return {
      fetch: (request) => this.#fetch(request),
      onStart: (props) => {
        this.#watch.closeKnown()
        // The SDK starts an Agent within its first request. What starts there outlives that caller.
        return serveAs(undefined, () => inner.onStart(props))
      },
      onRequest: async (request) => {
        const decision = await this.#callerOf(request)
        if (!decision.granted) return denialResponse(decision, request)
        return serveAs(this.#asCaller(decision.auth, request), async () => {
          const response = await this.#agent.onAuthenticatedRequest(request)
          return response ?? inner.onRequest(request)
        })
      },
      onConnect: (connection, context) => this.#connect(connection, context),
      onMessage: (connection, message) => this.#receive(connection, message),
      onClose: async (connection, ...how) => {
        await serveAs(this.#callerOn(connection), () => inner.onClose(connection, ...how))
        this.#held.forget(connection)
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
        this.#watch.closeKnown()
        if (!this.#stopsStream(message)) inner.broadcast(message, without)
      },
    }
  }

  async #fetch(received: Request): Promise<Response> {
    const request = this.#requirements.trustsProps ? received : withoutProps(received)
    try {
      const entry = await this.#requirements.authenticate(request)
      if (!entry.decision.granted) return denialResponse(entry.decision, request)
      const { auth } = entry.decision
      this.#callers.set(entry.request, auth)
      const served = this.#asCaller(auth, entry.request)
      return entry.accept(await serveAs(served, () => this.#inner.fetch(entry.request)))
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
    if (!this.#mayGoOn(connection)) return
    this.#held.keep(connection, decision.auth)
    await this.#watch.add(caller)
    await serveAs(this.#callerOn(connection), async () => {
      await this.#inner.onConnect(connection, context)
      // That of a sub-agent is none of this Agent's.
      const isOwn = [...this.#inner.getConnections()].some(({ id }) => id === connection.id)
      if (isOwn) await this.#agent.onAuthenticatedConnect(connection, context)
    })
  }

  async #receive(connection: AgentConnection, message: Frame): Promise<void> {
    const found = this.#ending(connection)
    const ending = found instanceof Promise ? await found : found
    if (ending) this.#closeAtFrame(connection, ending)
    else if (this.#mayGoOn(connection) && this.#hears(connection, answerIn(message))) {
      await serveAs(this.#callerOn(connection), () => this.#inner.onMessage(connection, message))
    }
  }

  /** Notes a yes or a no to a question. One that does not count is dropped: it would answer in the other's place. */
  #hears(connection: AgentConnection, answer: Answer | undefined): boolean {
    const caller = callerOf(connection)
    const reason = answer && caller && this.questions.hear(answer, caller.claims)
    if (reason) this.#requirements.log(denial(403, reason, 'somebody else was asked'), () => ({ ...caller }))
    return !reason
  }

  /**
   * Whether this is a piece of a reply to somebody who may not go on any more: then the turn is cancelled, as their client
   * could. The end of a reply passes, for the other windows that wait for it.
   */
  #stopsStream(message: Frame): boolean {
    const { source } = callerServedBy(this.#agent) ?? {}
    if (!source || source instanceof Request || this.#knownEnding(source) === undefined) return false
    const id = replyIn(message)
    if (id === undefined) return false
    void this.#inner.onMessage(source, JSON.stringify({ type: 'cf_agent_chat_request_cancel', id }))
    return true
  }

  *#connections(tag: string | undefined): Iterable<AgentConnection> {
    for (const connection of this.#inner.getConnections(tag)) {
      if (this.#mayGoOn(connection)) yield connection
    }
  }

  #asCaller(auth: Auth, source: Request | AgentConnection): CurrentCaller {
    return { agent: this.#agent, auth, source }
  }

  #callerOn(connection: AgentConnection): CurrentCaller | undefined {
    const auth = this.#held.authOf(connection)
    return auth && this.#asCaller(auth, connection)
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

  /** Lets a connection through to code, or closes it. */
  #mayGoOn(connection: AgentConnection): boolean {
    const ending = this.#knownEnding(connection)
    if (ending === undefined) keepCaller(connection, (one) => this.#mayGoOn(one))
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
    const [key, caller] = [keyOf(connection), callerOf(connection)]
    if (!caller || key === undefined) return 'ended'
    const checking = this.#checking.get(key)
    if (checking) return checking
    const ending = this.#requirements.ending(caller)
    if (ending instanceof Promise) {
      const end = (): boolean => this.#checking.delete(key)
      this.#checking.set(key, ending)
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
