import type { Auth } from '../claims/types.ts'
import { ConfigError, CredentialsGoneError } from '../errors.ts'
import type { Decision, Denied } from '../http/decision.ts'
import { DenialError } from '../kit/denial-error.ts'
import { judge } from '../kit/judge.ts'
import { Kit } from '../kit/kit.ts'
import { type Origin, originOf } from '../kit/verifier.ts'
import type { AboutCaller } from '../log/decision-line.ts'
import type { Rules } from '../policy/builder.ts'
import { partsOfRules } from '../policy/parts.ts'
import { isExpiringSoon, parse } from '../tokens/parse.ts'
import type { DelegationRequest } from '../tokens/delegate.ts'
import { denialOf, type Ending } from './closing.ts'
import { type AgentConnection, callerOf } from './connection.ts'
import { callerServedBy, type CurrentCaller } from './current-caller.ts'
import { incomingOf } from './incoming.ts'
import type { Requirements } from './requirements.ts'

/** The token of the current caller. For a call in their name `delegate` has a better one. */
export interface Credentials {
  /** Never to be put into state, storage, messages or logs. */
  readonly token: string
  /** When it ends, in seconds since the epoch. */
  readonly expiresAt: number
}

/** What calls in the caller's name are made with. */
export type CallerRequest = Omit<DelegationRequest, 'incoming'>

/** A service that is called: a service binding, or anything with its `fetch`. */
export interface Fetches {
  /** Sends a request. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>
}

/** A delegated token that lives no longer than this, in seconds, is not sent again. */
const SPARE_SECONDS = 10

/** What code of an Agent may know of the caller whom it serves now, and do in their name. */
export class CallerAccess {
  readonly #agent: object
  readonly #requirements: Requirements

  constructor(agent: object, requirements: Requirements) {
    this.#agent = agent
    this.#requirements = requirements
  }

  /** @throws ConfigError outside of a request and of a connection, as in what a schedule calls */
  get current(): CurrentCaller {
    const caller = callerServedBy(this.#agent)
    if (caller) return caller
    throw new ConfigError(
      'there is no caller here: this runs for no request and no connection, as what a schedule or an RPC method of the binding calls does',
    )
  }

  /** @throws CredentialsGoneError after hibernation */
  get credentials(): Credentials {
    const { token, claims } = this.#origin
    return { token, expiresAt: claims.exp }
  }

  /**
   * @throws DenialError when the caller does not pass, or their token ended or was revoked meanwhile
   * @throws ConfigError for a policy that has to wait, and for one with `base()`
   */
  require<Custom>(rules: Rules<Custom> | undefined): Auth<Custom> {
    const { auth, source } = this.current
    const denied = this.#knownDenial(source)
    const decision = denied ?? this.judge<Custom>(rules, auth)
    if (decision instanceof Promise) {
      decision.catch(() => undefined)
      throw new ConfigError('requireAuth takes a policy that needs not wait: no asynchronous rule or schema')
    }
    if (decision.granted) return decision.auth
    this.#requirements.log(decision, () => this.about)
    throw new DenialError(decision)
  }

  /** @throws ConfigError for a policy with `base()`: there is no token to verify anew */
  judge<Custom>(rules: Rules<Custom> | undefined, auth: Auth): Decision<Custom> | Promise<Decision<Custom>> {
    const parts = partsOfRules(rules)
    if (Object.keys(parts.base).length === 0) return judge<Custom>(parts, auth)
    throw new ConfigError('a policy with base() is for tokens: give it to the mixin, as its option policy')
  }

  /**
   * @throws DenialError when the caller's token ended or was revoked meanwhile
   * @throws CredentialsGoneError after hibernation
   * @throws ClaimsError for what a verifier would reject
   */
  async delegate(request: CallerRequest): Promise<string> {
    return this.#delegate(this.current, request)
  }

  /** A service that gets a delegated token of this caller with each request, and never the caller's own. */
  callAs(service: Fetches, request: CallerRequest): Fetches {
    const caller = this.current
    let token: string | undefined
    const current = async (): Promise<string> => {
      if (token === undefined || isExpiringSoon(parse(token).payload, SPARE_SECONDS)) {
        token = await this.#delegate(caller, request)
      }
      return token
    }
    return {
      fetch: async (input, init) => {
        const outgoing = new Request(input, init)
        outgoing.headers.set('Authorization', `Bearer ${await current()}`)
        return service.fetch(outgoing)
      },
    }
  }

  /** Whom a line about the current caller names. */
  get about(): AboutCaller {
    const { auth, source } = this.current
    return source instanceof Request ? { request: source, claims: auth.claims } : { ...callerOf(source) }
  }

  async #delegate({ auth, source }: CurrentCaller, request: CallerRequest): Promise<string> {
    const denied = this.#knownDenial(source)
    if (denied) throw new DenialError(denied)
    const { verifier } = originIn(auth)
    if (!(verifier instanceof Kit)) throw new ConfigError('delegate needs a kit, and this is a verifier')
    return verifier.delegate(auth, { ...request, incoming: incomingOf(source) })
  }

  get #origin(): Origin {
    return originIn(this.current.auth)
  }

  /** Why the caller of a connection may not go on. A request is over before its token could end. */
  #knownDenial(source: Request | AgentConnection): Denied | undefined {
    if (source instanceof Request) return undefined
    const caller = callerOf(source)
    const ending: Ending | undefined = caller ? this.#requirements.knownEnding(caller) : 'ended'
    return ending && denialOf(ending)
  }
}

/** @throws CredentialsGoneError when the token is not in memory any more */
function originIn(auth: Auth): Origin {
  const origin = originOf(auth)
  if (origin) return origin
  throw new CredentialsGoneError('the token of this connection is gone: its Agent slept; connect again')
}
