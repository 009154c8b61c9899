import { type Auth, authOf } from '../claims/types.ts'
import { type Decision, denial } from '../http/decision.ts'
import { isWebSocketUpgrade } from '../http/websocket.ts'
import {
  type Authority,
  type HeldCaller,
  knownStanding,
  type Standing,
  standingOf,
} from '../kit/held-caller.ts'
import type { Kit } from '../kit/kit.ts'
import { makeKit } from '../kit/make-kit.ts'
import { type AboutCaller, logDecision } from '../log/decision-line.ts'
import { hashSubject } from '../log/subject-hash.ts'
import { Logger } from '../log/logger.ts'
import { verifierPartsOf } from '../kit/verifier.ts'
import { type Policy, policy } from '../policy/builder.ts'
import { owner as ownerRule } from '../policy/rules.ts'
import { type Ending, endingOf } from './closing.ts'
import { agreedQuery, type AuthAgentOptions } from './options.ts'
import type { McpSession } from './mcp-session.ts'
import type { Ownership } from './ownership.ts'
import { decideUpgrade } from './upgrade.ts'

/** The SDK's own, for an upgrade that passed `onBeforeSubAgent`. From a client it would open a sub-agent unasked. */
const SUB_AGENT_HEADER = 'X-Cf-Agents-Subagent-Url'

/** What one mixin requires. */
export interface Layer {
  readonly options: AuthAgentOptions
  readonly ownership: Ownership | undefined
}

/** What became of a request, or of an upgrade. */
export interface Entry {
  readonly decision: Decision
  readonly request: Request
  accept(response: Response): Response
}

/** What the mixins of one Agent require of a caller: each of them must be satisfied. */
export class Requirements {
  readonly #env: object
  readonly #first: Layer
  readonly #others: Layer[] = []
  readonly #session: McpSession | undefined

  /** @param session of an `McpAgent`, which is one caller's */
  constructor(env: object, first: Layer, session: McpSession | undefined) {
    this.#env = env
    this.#first = first
    this.#session = session
  }

  /** @throws ConfigError when it contradicts what is there */
  add(layer: Layer): void {
    this.#others.push(layer)
    agreedQuery(this.#options())
  }

  /** Whether one of them says that the Worker in front sets the props. */
  get trustsProps(): boolean {
    return this.#options().some(({ trustProps }) => trustProps === true)
  }

  /**
   * The clocks and deny-lists that connections are held against: one, unless the mixins were given several kits.
   *
   * @throws ConfigError
   */
  authorities(): readonly Authority[] {
    const kits = new Set(this.#layers().map((layer) => this.#kitOf(layer)))
    return [...kits].map((kit) => verifierPartsOf(kit))
  }

  /** The kit's own logger; where no kit could be made, the default one. */
  logger(): Logger {
    try {
      return verifierPartsOf(this.#kitOf(this.#first)).settings.logger
    } catch {
      // The environment is what there is to log about.
      return new Logger()
    }
  }

  /**
   * The decision on a caller: the first denial, or the outermost mixin's caller.
   *
   * @throws ConfigError
   */
  async authenticate(request: Request): Promise<Entry> {
    const entry = isWebSocketUpgrade(request)
      ? await this.#authenticateUpgrade(request)
      : { decision: await this.#authorize(request, this.#first), request, accept: asItIs, token: undefined }
    let { decision } = entry
    for (const layer of this.#others) {
      if (!decision.granted) break
      decision = await this.#authorize(entry.request, layer)
    }
    if (decision.granted) decision = this.#session?.denialOf(decision.auth.claims) ?? decision
    this.log(decision, () => ({ request, source: entry.token ?? request }))
    return { ...entry, decision }
  }

  /** Writes the line of a decision. */
  log(decision: Decision, about: () => AboutCaller): void {
    logDecision(
      verifierPartsOf(this.#kitOf(this.#first)).settings,
      decision,
      about,
      decision.granted,
      hashSubject,
    )
  }

  /** Why a caller on a connection may not go on, by what is known without a read. */
  knownEnding(caller: HeldCaller): Ending | undefined {
    const ending = first(this.authorities().map((authority) => knownStanding(authority, caller)))
    return ending ?? (this.#isAllowed(authOf(caller.claims)) ? undefined : 'forbidden')
  }

  /** The same, by verdicts of at most 30 s. */
  ending(caller: HeldCaller): Ending | undefined | Promise<Ending | undefined> {
    const known = this.knownEnding(caller)
    if (known) return known
    const standings = this.authorities().map((authority) => standingOf(authority, caller))
    const settled = standings.filter((standing) => typeof standing === 'string')
    return settled.length === standings.length
      ? first(settled)
      : Promise.all(standings.map((standing) => Promise.resolve(standing))).then(first)
  }

  #layers(): readonly Layer[] {
    return [this.#first, ...this.#others]
  }

  #options(): readonly AuthAgentOptions[] {
    return this.#layers().map(({ options }) => options)
  }

  #kitOf({ options }: Layer): Kit {
    return options.kit ?? makeKit(this.#env)
  }

  #isAllowed(auth: Auth): boolean {
    return this.#layers().every(
      ({ ownership }) => !ownership || ownerRule(ownership.owner).test(auth) === true,
    )
  }

  async #authenticateUpgrade(request: Request): Promise<Entry & { readonly token: string | undefined }> {
    const query = agreedQuery(this.#options())
    const upgrade = await decideUpgrade(request, {
      kit: this.#kitOf(this.#first),
      policy: rulesOf(this.#first),
      ...(query !== undefined && { query }),
    })
    upgrade.request.headers.delete(SUB_AGENT_HEADER)
    const decision = withoutLeeway(upgrade.decision)
    this.#first.options.onDecision?.(decision)
    return { ...upgrade, decision }
  }

  #authorize(request: Request, layer: Layer): Promise<Decision> {
    const { onDecision } = layer.options
    return this.#kitOf(layer).authorize(request, rulesOf(layer), onDecision && { onDecision })
  }
}

const asItIs = (response: Response): Response => response

function rulesOf({ options, ownership }: Layer): Policy {
  const rules = options.policy ?? policy()
  return ownership ? rules.owner(ownership.owner) : rules
}

/** A socket is closed at `exp` sharp, so none is opened after it: the leeway is for clocks that differ. */
function withoutLeeway(decision: Decision): Decision {
  if (!decision.granted || decision.auth.claims.exp > Date.now() / 1000) return decision
  return denial(401, 'expired', 'the token has ended; a socket gets no leeway')
}

function first(standings: readonly Standing[]): Ending | undefined {
  return standings.map(endingOf).find((ending) => ending !== undefined)
}
