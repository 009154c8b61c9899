/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument --
   TypeScript takes no parameters but any[] for the constructor of a mixin and of its base (TS2545). */
import type { Auth } from '../claims/types.ts'
import type { AgentConnection } from './connection.ts'
import { durableObjectOf } from './durable-object.ts'
import { AgentGuard } from './guard.ts'
import type { AgentInstance } from './hooks.ts'
import { type AuthAgentOptions, checkAgentOptions, type OwnedAgentOptions } from './options.ts'
import { Ownership } from './ownership.ts'

/** What {@link AuthAgent} adds to an Agent. */
export interface AuthenticatedAgent {
  /**
   * The caller: of the request that `onRequest` got, or of a connection as long as its token lives. The token itself is
   * not kept, so `delegate` does not take this `Auth` after the upgrade.
   */
  authOf(source: Request | AgentConnection): Auth | undefined
  /**
   * Closes the connections whose token has ended or was revoked. The schedule calls it; calling it more often does no
   * harm.
   */
  closeEndedConnections(): Promise<void>
}

/** What {@link OwnedAgent} adds to an Agent. */
export interface OwnedByCaller extends AuthenticatedAgent {
  /** The owner's `sub`; `undefined` as long as there is none, and then nobody passes. */
  readonly owner: string | undefined
  /**
   * Sets the owner, once. For code that holds the binding, as after `getAgentByName`: it is no callable method.
   *
   * @param sub the owner's `sub`; the same again changes nothing
   * @throws ConfigError when it is empty, or somebody else is the owner
   */
  setOwner(sub: string): void
}

/** The constructor of an Agent. */
export type AgentClass<Instance = AgentInstance> = abstract new (...args: any[]) => Instance

/**
 * An Agent (of the Agents SDK) that only verified callers reach: `class Chat extends AuthAgent(Agent<Env>) {}`. Every
 * request and every upgrade needs a token that passes the policy; a rejected upgrade opens no socket and gets no frame.
 * The claims stay on the connection, over hibernation too, and the socket is closed with 4401 when the token ends, or
 * within 30 s of a revocation that the deny-list shows; frames of state or calls that come later are not looked at.
 *
 * It composes with {@link OwnedAgent}, in either order and over any class of the SDK: a caller must satisfy both. Other
 * mixins go below the two: whatever wraps a hook after them fails with a `TypeError`. Calls over the Agent's own binding
 * (RPC) come from your Workers and are not checked.
 *
 * @throws ConfigError for an option that is unknown or not what it should be, `undefined` included
 */
export function AuthAgent<Base extends AgentClass>(
  base: Base,
  options: AuthAgentOptions = {},
): Base & AgentClass<AuthenticatedAgent> {
  checkAgentOptions('AuthAgent', options)
  abstract class Authenticated extends base {
    readonly #guard: AgentGuard

    constructor(...args: any[]) {
      super(...args)
      this.#guard = AgentGuard.of(this, durableObjectOf(args), { options, ownership: undefined })
    }

    authOf(source: Request | AgentConnection): Auth | undefined {
      return this.#guard.authOf(source)
    }

    closeEndedConnections(): Promise<void> {
      return this.#guard.closeEnded()
    }
  }
  return Authenticated
}

/**
 * An {@link AuthAgent} that lets nobody in but its owner. The owner is set once, by `setOwner` or from the name
 * (`ownerOf`); an Agent without an owner responds with 403. A machine and an anonymous caller own nothing.
 *
 * @throws ConfigError for an option that is unknown or not what it should be, `undefined` included
 */
export function OwnedAgent<Base extends AgentClass>(
  base: Base,
  options: OwnedAgentOptions = {},
): Base & AgentClass<OwnedByCaller> {
  checkAgentOptions('OwnedAgent', options)
  abstract class Owned extends base {
    readonly #ownership: Ownership
    readonly #guard: AgentGuard

    constructor(...args: any[]) {
      super(...args)
      const object = durableObjectOf(args)
      this.#ownership = new Ownership(object.context.storage.kv, () => options.ownerOf?.(this.name))
      this.#guard = AgentGuard.of(this, object, { options, ownership: this.#ownership })
    }

    get owner(): string | undefined {
      return this.#ownership.owner
    }

    setOwner(sub: string): void {
      this.#ownership.set(sub)
    }

    authOf(source: Request | AgentConnection): Auth | undefined {
      return this.#guard.authOf(source)
    }

    closeEndedConnections(): Promise<void> {
      return this.#guard.closeEnded()
    }
  }
  return Owned
}
