import { DENYLIST_CACHE_SECONDS } from '../constants.ts'
import { type HeldCaller, standingsOf } from '../kit/held-caller.ts'
import { type Closable, close, endingOf } from './closing.ts'
import { type AgentConnection, callerOf, callerOfSocket, endOf } from './connection.ts'
import type { GuardedObject } from './durable-object.ts'
import type { AgentHooks, GuardedAgent } from './hooks.ts'
import type { Requirements } from './requirements.ts'

const seconds = (): number => Date.now() / 1000

/** A way to a client, and who is at its end. */
type OpenSocket = readonly [socket: Closable, caller: HeldCaller]

/** What the watch is over. */
export interface Watched {
  readonly agent: GuardedAgent
  readonly object: GuardedObject
  readonly inner: AgentHooks
  readonly requirements: Requirements
  /** Lets a connection through to code, or closes it. */
  readonly mayGoOn: (connection: AgentConnection) => boolean
}

/**
 * Closes the sockets of one Agent that nobody speaks on: when a token ends, and every 30 s by the deny-list as it is then.
 * On the Agent's schedule: that outlives hibernation, and a timer does not.
 */
export class SocketWatch {
  readonly #watched: Watched

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Comes back when the token of a new connection ends, and to look for revocations. */
  async add({ claims: { exp } }: HeldCaller): Promise<void> {
    await this.#schedule(Math.ceil(exp * 1000), exp)
    if (this.#watched.requirements.authorities().some(({ denylist }) => denylist)) await this.#scheduleCheck()
  }

  /**
   * Closes every connection that may not go on, by the deny-list as it is now. As long as others are open, it comes
   * again after 30 s.
   */
  async closeEnded(): Promise<void> {
    this.closeKnown()
    const authorities = this.#watched.requirements.authorities().filter(({ denylist }) => denylist)
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

  /** Closes what may not go on by what is known without a read. */
  closeKnown(): void {
    const now = seconds()
    const { object, inner, mayGoOn } = this.#watched
    // Connections of sub-agents are not among the Agent's own, but their sockets are here.
    for (const socket of object.context.getWebSockets()) {
      const end = endOf(object.context.getTags(socket))
      if (end !== undefined && end <= now) close(socket, 'ended', callerOfSocket(socket)?.requestId)
    }
    for (const connection of inner.getConnections()) mayGoOn(connection)
  }

  /**
   * The next of this Agent's fixed times, which are 30 s apart: one entry of the schedule, however many connections ask
   * for it, and never the one that runs now. Each Agent has its own, so that not all read the list at once.
   */
  async #scheduleCheck(): Promise<void> {
    const { id } = this.#watched.object.context
    const offset = Number.parseInt(id.toString().slice(-4), 16) % DENYLIST_CACHE_SECONDS
    const passed = Math.floor((seconds() - offset) / DENYLIST_CACHE_SECONDS)
    const next = (passed + 1) * DENYLIST_CACHE_SECONDS + offset
    await this.#schedule(next * 1000, next)
  }

  async #schedule(milliseconds: number, payload: number): Promise<void> {
    const { agent } = this.#watched
    await agent.schedule(new Date(milliseconds), 'closeEndedConnections', payload, { idempotent: true })
  }

  /** Every way to a client that is open, those to sub-agents included: their sockets are here. */
  #openSockets(): readonly OpenSocket[] {
    const { object, inner } = this.#watched
    const sockets = object.context.getWebSockets().map((socket) => [socket, callerOfSocket(socket)] as const)
    const connections = [...inner.getConnections()].map((one) => [one, callerOf(one)] as const)
    return [...sockets, ...connections].flatMap(([socket, caller]) =>
      caller ? [[socket, caller] as const] : [],
    )
  }
}
