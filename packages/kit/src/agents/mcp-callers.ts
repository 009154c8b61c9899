import type { Auth } from '../claims/types.ts'
import { ConfigError } from '../errors.ts'
import type { Decision, DenialReason, Denied } from '../http/decision.ts'
import { type Origin, originOf, verifierPartsOf } from '../kit/verifier.ts'
import { logDecision } from '../log/decision-line.ts'
import { hashSubject } from '../log/subject-hash.ts'
import { AgentGuard } from './guard.ts'
import type { AuthenticatedAgent } from './mixins.ts'

type Judge = (auth: Auth) => Decision

/** Who sent a message to an MCP server, and what follows from it. */
export interface McpCallers {
  /** Whether they pass, by what is known without a read. */
  passes(context: unknown, judge: Judge): boolean
  /** Why they may not go on; the denial is logged. */
  denialOf(
    context: unknown,
    judge: Judge,
    words: (detail: string) => string,
  ): Promise<DenialReason | undefined>
}

/** The part of an SDK's context that says who called: `extra` of version 1, `ctx` of version 2. */
interface McpContext {
  readonly authInfo?: { readonly extra?: { readonly auth?: unknown } }
  readonly http?: Pick<McpContext, 'authInfo'> & { readonly req?: unknown }
}

/** @throws ConfigError for a caller whom no verifier let in */
export function mcpCallersOf(caller: AuthenticatedAgent | Auth): McpCallers {
  if ('requireAuth' in caller) return callersOfAgent(AgentGuard.over(caller))
  if (originOf(caller)) return callersOfRequest(caller)
  throw new ConfigError('guardMcpTools takes a caller whom a verifier of the kit let in')
}

/** A session: whoever sent the message that it serves now. */
function callersOfAgent({ access }: AgentGuard): McpCallers {
  const decide = (judge: Judge): Decision => access.judge(access.current, judge)
  return {
    passes: (_, judge) => decide(judge).granted,
    async denialOf(_, judge, words) {
      const served = access.current
      const ended = await access.denialOf(served)
      const decision = ended ?? access.judge(served, judge)
      if (decision.granted) return undefined
      access.log({ ...decision, detail: words(decision.detail) }, served)
      return decision.reason
    },
  }
}

/** A server for one request: who was let in to it. */
function callersOfRequest(caller: Auth): McpCallers {
  return {
    passes: (context, judge) => judge(authIn(context) ?? caller).granted,
    denialOf(context, judge, words) {
      const auth = authIn(context) ?? caller
      const decision = judge(auth)
      if (decision.granted) return Promise.resolve(undefined)
      logDenied({ ...decision, detail: words(decision.detail) }, originOf(auth), context)
      return Promise.resolve(decision.reason)
    },
  }
}

function logDenied(denied: Denied, origin: Origin | undefined, context: unknown): void {
  if (!origin) return
  const { req } = (context as McpContext | undefined)?.http ?? {}
  const { settings, hashSubject: hash = hashSubject } = verifierPartsOf(origin.verifier)
  const about = { source: origin.token, ...(req instanceof Request && { request: req }) }
  logDecision(settings, denied, () => about, false, hash)
}

/** Only one that a verifier made: whoever wrote the rest of `authInfo`. */
function authIn(context: unknown): Auth | undefined {
  const { authInfo, http } = (context ?? {}) as McpContext
  const auth = (authInfo ?? http?.authInfo)?.extra?.auth as Auth | undefined
  return auth && originOf(auth) ? auth : undefined
}
