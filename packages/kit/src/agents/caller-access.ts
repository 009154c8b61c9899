import type { Auth } from '../claims/types.ts'
import { ConfigError, CredentialsGoneError } from '../errors.ts'
import type { Decision, Denied } from '../http/decision.ts'
import { DenialError } from '../kit/denial-error.ts'
import { Kit } from '../kit/kit.ts'
import { type Origin, originOf } from '../kit/verifier.ts'
import type { Rules } from '../policy/builder.ts'
import { isExpiringSoon, parse } from '../tokens/parse.ts'
import type { DelegationRequest } from '../tokens/delegate.ts'
import type { ApprovalRequest } from '../tokens/exchange-client.ts'
import { denialOf, type Ending } from './closing.ts'
import { callerOf } from './connection.ts'
import { callerServedBy, type CurrentCaller } from './current-caller.ts'
import { incomingOf } from './incoming.ts'
import { judgeNow } from './judge-now.ts'
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
  /** The Agent that serves them. */
  readonly agent: object
  readonly #requirements: Requirements

  constructor(agent: object, requirements: Requirements) {
    this.agent = agent
    this.#requirements = requirements
  }

  /** @throws ConfigError outside of a request and of a connection, as in what a schedule calls */
  get current(): CurrentCaller {
    const caller = callerServedBy(this.agent)
    if (caller) return caller
    throw new ConfigError(
      'there is no caller here: this runs for no request and no connection, as what a schedule or an RPC method of the binding calls does',
    )
  }

  /** @throws CredentialsGoneError after hibernation */
  get credentials(): Credentials {
    const { token, claims } = originIn(this.current)
    return { token, expiresAt: claims.exp }
  }

  /**
   * @throws DenialError when the caller does not pass, or their token ended or was revoked meanwhile
   * @throws ConfigError for a policy that has to wait, and for one with `base()`
   */
  require<Custom>(rules: Rules<Custom> | undefined): Auth<Custom> {
    const caller = this.current
    const decision = this.decide(caller, rules, 'requireAuth')
    if (decision.granted) return decision.auth
    throw this.#denied(decision, caller)
  }

  /**
   * Decides about a caller who was verified before, by what is known without a read.
   *
   * @param taker whose parameter the policy is, for messages
   * @throws ConfigError for a policy that has to wait, and for one with `base()`: there is no token to verify anew
   */
  decide<Custom>(caller: CurrentCaller, rules: Rules<Custom> | undefined, taker: string): Decision<Custom> {
    return this.judge(caller, judgeNow(rules, taker))
  }

  /** The same, by a policy that was read before. */
  judge<Custom>(caller: CurrentCaller, judge: (auth: Auth) => Decision<Custom>): Decision<Custom> {
    return this.#knownDenial(caller) ?? judge(caller.auth)
  }

  /** Why a caller may not go on, by verdicts of at most 30 s. */
  async denialOf({ source }: CurrentCaller): Promise<Denied | undefined> {
    if (source instanceof Request) return undefined
    const held = callerOf(source)
    const ending = held ? await this.#requirements.ending(held) : 'ended'
    return ending && denialOf(ending)
  }

  /**
   * @throws DenialError when the caller's token ended or was revoked meanwhile
   * @throws CredentialsGoneError after hibernation
   * @throws ClaimsError for what a verifier would reject
   */
  async delegate(request: CallerRequest, caller: CurrentCaller = this.current): Promise<string> {
    return this.#kitOf(caller).delegate(caller.auth, { ...request, incoming: incomingOf(caller.source) })
  }

  /** As a kit's `approve`, by the caller. Throws as {@link CallerAccess.delegate}. */
  async approve(request: ApprovalRequest, caller: CurrentCaller): Promise<string> {
    return this.#kitOf(caller).approve(caller.auth, { ...request, incoming: incomingOf(caller.source) })
  }

  /** A service that gets a delegated token of this caller with each request, and never the caller's own. */
  callAs(service: Fetches, request: CallerRequest): Fetches {
    const caller = this.current
    let token: string | undefined
    return {
      fetch: async (input, init) => {
        if (token === undefined || isExpiringSoon(parse(token).payload, SPARE_SECONDS)) {
          token = await this.delegate(request, caller)
        }
        const outgoing = new Request(input, init)
        outgoing.headers.set('Authorization', `Bearer ${token}`)
        return service.fetch(outgoing)
      },
    }
  }

  /** Writes the line of a decision about a caller. */
  log(decision: Decision, { auth, source }: CurrentCaller): void {
    this.#requirements.log(decision, () =>
      source instanceof Request ? { request: source, claims: auth.claims } : { ...callerOf(source) },
    )
  }

  #denied(denied: Denied, caller: CurrentCaller): DenialError {
    this.log(denied, caller)
    return new DenialError(denied)
  }

  #kitOf(caller: CurrentCaller): Kit {
    const denied = this.#knownDenial(caller)
    if (denied) throw this.#denied(denied, caller)
    const { verifier } = originIn(caller)
    if (verifier instanceof Kit) return verifier
    throw new ConfigError('calls in the caller’s name need a kit, and this is a verifier')
  }

  /** Why the caller of a connection may not go on. A request is over before its token could end. */
  #knownDenial({ source }: CurrentCaller): Denied | undefined {
    if (source instanceof Request) return undefined
    const caller = callerOf(source)
    const ending: Ending | undefined = caller ? this.#requirements.knownEnding(caller) : 'ended'
    return ending && denialOf(ending)
  }
}

/** @throws CredentialsGoneError when the token is not in memory any more */
function originIn({ auth }: CurrentCaller): Origin {
  const origin = originOf(auth)
  if (origin) return origin
  throw new CredentialsGoneError('the token of this connection is gone: its Agent slept; connect again')
}
