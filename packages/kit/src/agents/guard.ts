import { makeKit } from '../kit/make-kit.ts'
import type { Auth } from '../claims/types.ts'
import { type Decision, type Denied, denial, denialResponse } from '../http/decision.ts'
import { KitError } from '../errors.ts'
import { internalsOf, type Kit } from '../kit/kit.ts'
import { type KitEvent, logEvent, type OnEvent } from '../primitives/events.ts'
import { type Policy, policy } from '../policy/builder.ts'
import { owner as ownerRule } from '../policy/rules.ts'
import { close, type Ending } from './closing.ts'
import { type AgentConnection, endOf, endTag, heldAuth, holdClaims, keepClaims } from './connection.ts'
import type { GuardedObject } from './durable-object.ts'
import { type AgentHooks, type GuardedAgent, hooksOf, replaceHooks, type UpgradeContext } from './hooks.ts'
import type { AuthAgentOptions } from './options.ts'
import type { Ownership } from './ownership.ts'
import { authenticateUpgrade } from './upgrade.ts'

const seconds = (): number => Date.now() / 1000

/** The SDK's own, for an upgrade that passed `onBeforeSubAgent`. From a client it would open a sub-agent unasked. */
const SUB_AGENT_HEADER = 'X-Cf-Agents-Subagent-Url'
/** Where the SDK's router puts the props for `onStart`. It leaves in place what a client sent there. */
const PROPS_HEADER = 'X-Agents-Lifecycle-Props'

/**
 * Stands in front of every hook of one Agent. The check is in `fetch`, before the SDK sees the request: a rejected
 * upgrade opens no socket. `onRequest` and `onConnect` check again when they are reached another way, as a sub-agent's
 * are. Later the claims on the connection decide: on each frame, each broadcast, each wake-up.
 */
export class AgentGuard {
  readonly #agent: GuardedAgent
  readonly #object: GuardedObject
  readonly #options: AuthAgentOptions
  readonly #ownership: Ownership | undefined
  readonly #inner: AgentHooks
  readonly #callers = new WeakMap<Request, Auth>()

  constructor(agent: GuardedAgent, object: GuardedObject, options: AuthAgentOptions, ownership?: Ownership) {
    this.#agent = agent
    this.#object = object
    this.#options = options
    this.#ownership = ownership
    this.#inner = hooksOf(agent)
    replaceHooks(agent, this.#hooks())
  }

  /** The caller of a request, or the one on a connection as long as its token lives. */
  authOf(source: Request | AgentConnection): Auth | undefined {
    if (source instanceof Request) return this.#callers.get(source)
    return this.#ending(source) === undefined ? heldAuth(source) : undefined
  }

  /** Closes every connection that may not go on. */
  sweep(): void {
    const now = seconds()
    const { context } = this.#object
    // Connections of sub-agents are not among the Agent's own, but their sockets are here.
    for (const socket of context.getWebSockets()) {
      const end = endOf(context.getTags(socket))
      if (end !== undefined && end <= now) close(socket, 'ended')
    }
    for (const connection of this.#inner.getConnections()) this.#mayGoOn(connection)
  }

  #hooks(): AgentHooks {
    const inner = this.#inner
    return {
      fetch: (request) => this.#fetch(this.#options.trustProps === true ? request : withoutProps(request)),
      onStart: (props) => {
        this.sweep()
        return inner.onStart(props)
      },
      onRequest: async (request) => {
        const decision = await this.#callerOf(request)
        return decision.granted ? inner.onRequest(request) : denialResponse(decision)
      },
      onConnect: (connection, context) => this.#connect(connection, context),
      onMessage: async (connection, message) => {
        if (this.#mayGoOn(connection)) await inner.onMessage(connection, message)
      },
      // The SDK requests the tags before it accepts the socket. There the caller becomes known, so that no code can
      // run between the socket and its claims.
      getConnectionTags: async (connection, context) => {
        const decision = await this.#callerOf(context.request)
        const tags = await inner.getConnectionTags(connection, context)
        return decision.granted ? [...tags, endTag(decision.auth.claims)] : tags
      },
      getConnection: (id) => {
        const connection = inner.getConnection(id)
        return connection && this.#mayGoOn(connection) ? connection : undefined
      },
      getConnections: (tag) => this.#connections(tag),
      broadcast: (message, without) => {
        this.sweep()
        inner.broadcast(message, without)
      },
    }
  }

  async #fetch(request: Request): Promise<Response> {
    try {
      const upgrade = await this.#authenticate(request)
      if (!upgrade.decision.granted) return denialResponse(upgrade.decision)
      this.#callers.set(upgrade.request, upgrade.decision.auth)
      return upgrade.accept(await this.#inner.fetch(upgrade.request))
    } catch (error) {
      if (!(error instanceof KitError)) throw error
      this.#report({ type: 'request_failed', level: 'error', code: error.code, problem: error.message })
      return error.getResponse()
    }
  }

  /** To the kit's own listener; where no kit could be made, to the default one. */
  #report(event: KitEvent): void {
    let report: OnEvent = logEvent
    try {
      report = internalsOf(this.#kit()).settings.onEvent
    } catch {
      // The environment is what the event is about.
    }
    report(event)
  }

  #kit(): Kit {
    return this.#options.kit ?? makeKit(this.#object.env)
  }

  async #connect(connection: AgentConnection, context: UpgradeContext): Promise<void> {
    const decision = await this.#callerOf(context.request)
    if (!decision.granted) {
      close(connection, endingOf(decision))
      return
    }
    const { claims } = decision.auth
    holdClaims(connection, claims)
    const end = new Date(Math.ceil(claims.exp * 1000))
    await this.#agent.schedule(end, 'closeEndedConnections', claims.exp, { idempotent: true })
    await this.#inner.onConnect(connection, context)
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
    return this.#authenticate(request).then(({ decision }) => {
      if (decision.granted) this.#callers.set(request, decision.auth)
      return decision
    })
  }

  async #authenticate(request: Request): Promise<{
    readonly decision: Decision
    readonly request: Request
    accept(response: Response): Response
  }> {
    const { onDecision } = this.#options
    const kit = this.#kit()
    if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      const decision = await kit.authorize(request, this.#rules(), onDecision && { onDecision })
      return { decision, request, accept: (response) => response }
    }
    const { query } = this.#options
    const upgrade = await authenticateUpgrade(request, {
      kit,
      policy: this.#rules(),
      ...(query !== undefined && { query }),
    })
    upgrade.request.headers.delete(SUB_AGENT_HEADER)
    const decision = withoutLeeway(upgrade.decision)
    onDecision?.(decision)
    return { ...upgrade, decision }
  }

  #rules(): Policy {
    const rules = this.#options.policy ?? policy()
    return this.#ownership ? rules.owner(this.#ownership.owner) : rules
  }

  /** Lets a connection through to code, or closes it. */
  #mayGoOn(connection: AgentConnection): boolean {
    const ending = this.#ending(connection)
    if (ending === undefined) keepClaims(connection)
    else close(connection, ending)
    return ending === undefined
  }

  #ending(connection: AgentConnection): Ending | undefined {
    const auth = heldAuth(connection)
    if (!auth || auth.claims.exp <= seconds()) return 'ended'
    if (this.#ownership && !ownerRule(this.#ownership.owner).test(auth)) return 'forbidden'
    return undefined
  }
}

function withoutProps(request: Request): Request {
  if (!request.headers.has(PROPS_HEADER)) return request
  const clean = new Request(request)
  clean.headers.delete(PROPS_HEADER)
  return clean
}

/** A socket is closed at `exp` sharp, so none is opened after it: the leeway is for clocks that differ. */
function withoutLeeway(decision: Decision): Decision {
  if (!decision.granted || decision.auth.claims.exp > seconds()) return decision
  return denial(401, 'expired', 'the token has ended; a socket gets no leeway')
}

function endingOf({ status }: Denied): Ending {
  if (status === 503) return 'unavailable'
  return status === 403 ? 'forbidden' : 'ended'
}
