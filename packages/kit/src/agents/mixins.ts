/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument --
   TypeScript takes no parameters but any[] for the constructor of a mixin and of its base (TS2545). */
import type { Auth, VerifiedClaims } from '../claims/types.ts'
import type { Rules } from '../policy/builder.ts'
import type { CallerRequest, Credentials, Fetches } from './caller-access.ts'
import type { AgentConnection } from './connection.ts'
import { durableObjectOf } from './durable-object.ts'
import { AgentGuard } from './guard.ts'
import {
  type AgentInstance,
  LEGACY_MESSAGE,
  type LegacyMessage,
  legacyMessagesOf,
  type UpgradeContext,
} from './hooks.ts'
import { type AuthAgentOptions, checkAgentOptions, type OwnedAgentOptions } from './options.ts'
import { Ownership } from './ownership.ts'
import type { Layer } from './requirements.ts'

/** What {@link AuthAgent} adds to an Agent. */
export interface AuthenticatedAgent {
  /**
   * The caller who is served now: of the request, or of the connection that a frame came over. Also in all that is
   * awaited from there: callable methods, `onChatMessage` and its tools.
   *
   * @throws ConfigError where nobody is served: in `onStart`, in what a schedule, a queue or an e-mail calls, and in methods
   *   that other Workers call over the binding
   */
  readonly auth: Auth
  /** The same as `auth`. */
  getAuth(): Auth
  /** The verified claims of `auth`. */
  getClaims(): VerifiedClaims
  /**
   * The token of the current caller, which stays in memory as long as the connection is open and the Agent awake.
   *
   * @throws ConfigError where nobody is served
   * @throws CredentialsGoneError after hibernation: the client connects again
   */
  getCredentials(): Credentials
  /**
   * The current caller, if they pass: for tools and callable methods. A denial is logged like that of a request.
   *
   * @param rules a policy, a rule, or rules that must all pass. Default: any caller that is not anonymous
   * @throws DenialError when they do not, and when their token ended or was revoked since
   * @throws ConfigError for a policy that has to wait or has `base()`, and where nobody is served
   */
  requireAuth<Custom = unknown>(rules?: Rules<Custom>): Auth<Custom>
  /**
   * A token for another service, in the current caller's name (RFC 8693 §4.1), as `delegate` of a kit issues it.
   *
   * @throws DenialError when the caller's token ended or was revoked
   * @throws CredentialsGoneError after hibernation
   * @throws ClaimsError for what a verifier would reject
   * @throws ConfigError where nobody is served
   */
  delegate(request: CallerRequest): Promise<string>
  /**
   * A service that gets such a token with each request, new when the last one is about to end. The caller is the current
   * one, also when a request is made later.
   *
   * @throws ConfigError where nobody is served; its `fetch` throws what `delegate` throws
   */
  asCaller(service: Fetches, request: CallerRequest): Fetches
  /** To be overridden: runs after `onConnect`, for verified callers alone. */
  onAuthenticatedConnect(connection: AgentConnection, context: UpgradeContext): void | Promise<void>
  /** To be overridden: runs before `onRequest`, for verified callers alone; the response it returns is the one. */
  onAuthenticatedRequest(request: Request): Response | undefined | Promise<Response | undefined>
  /** The caller of the request that `onRequest` got, or of a connection as long as its token lives. */
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
  /** The same, for code that holds the binding. */
  getOwner(): Promise<string | undefined>
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
  return guarded(base, () => ({ options, ownership: undefined }))
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
  const ownerships = new WeakMap<AgentInstance, Ownership>()
  const layerOf = (agent: AgentInstance, args: readonly unknown[]): Layer => {
    const { kv } = durableObjectOf(args).context.storage
    const ownership = new Ownership(kv, () => options.ownerOf?.(agent.name))
    ownerships.set(agent, ownership)
    return { options, ownership }
  }
  abstract class Owned extends guarded(base, layerOf) {
    get owner(): string | undefined {
      return ownerships.get(this)?.owner
    }

    getOwner(): Promise<string | undefined> {
      return Promise.resolve(this.owner)
    }

    setOwner(sub: string): void {
      ownerships.get(this)?.set(sub)
    }
  }
  return Owned
}

/** A class whose instances have a guard, which requires what the layer says. */
function guarded<Base extends AgentClass>(
  base: Base,
  layerOf: (agent: AgentInstance, args: readonly unknown[]) => Layer,
): Base & AgentClass<AuthenticatedAgent> {
  abstract class Guarded extends base implements AuthenticatedAgent {
    readonly #guard: AgentGuard

    static {
      const receive = legacyMessagesOf(base)
      // RPC finds methods of classes alone.
      if (receive) {
        const value = function (this: Guarded, ...message: LegacyMessage): Promise<unknown> {
          return this.#guard.receiveLegacy(message, () => receive.apply(this, [...message]))
        }
        Object.defineProperty(this.prototype, LEGACY_MESSAGE, { value, writable: true, configurable: true })
      }
    }

    constructor(...args: any[]) {
      super(...args)
      this.#guard = AgentGuard.of(this, durableObjectOf(args), layerOf(this, args))
    }

    get auth(): Auth {
      return this.#guard.access.current.auth
    }

    getAuth(): Auth {
      return this.auth
    }

    getClaims(): VerifiedClaims {
      return this.auth.claims
    }

    getCredentials(): Credentials {
      return this.#guard.access.credentials
    }

    requireAuth<Custom = unknown>(rules?: Rules<Custom>): Auth<Custom> {
      return this.#guard.access.require(rules)
    }

    delegate(request: CallerRequest): Promise<string> {
      return this.#guard.access.delegate(request)
    }

    asCaller(service: Fetches, request: CallerRequest): Fetches {
      return this.#guard.access.callAs(service, request)
    }

    onAuthenticatedConnect(): void | Promise<void> {
      // For the class that extends this one.
    }

    onAuthenticatedRequest(): Response | undefined | Promise<Response | undefined> {
      return undefined
    }

    authOf(source: Request | AgentConnection): Auth | undefined {
      return this.#guard.authOf(source)
    }

    closeEndedConnections(): Promise<void> {
      return this.#guard.closeEnded()
    }
  }
  return Guarded
}
