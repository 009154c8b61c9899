import { ConfigError, CredentialsGoneError } from '../errors.ts'
import { denial, type Denied } from '../http/decision.ts'
import { DenialError } from '../kit/denial-error.ts'
import type { Rules } from '../policy/builder.ts'
import { actHash } from '../tokens/act-hash.ts'
import { callerServedBy, type CurrentCaller, serveAs } from './current-caller.ts'
import { deniedCall, type DeniedCall } from './denied-call.ts'
import type { AgentGuard } from './guard.ts'

/** What the AI SDK tells a tool about a call. */
export interface ToolCallOptions {
  /** Names the call: the model chose it. */
  readonly toolCallId: string
  readonly messages?: readonly { readonly content?: unknown }[]
}

/** What is guarded of one tool. */
export interface GuardedCall {
  readonly name: string
  readonly policy: Rules
  readonly confirms: (input: unknown, options: ToolCallOptions) => boolean | PromiseLike<boolean>
  readonly execute: (input: unknown, options: ToolCallOptions) => unknown
}

/** For which service a person's yes is issued. */
export interface ApprovalFor {
  /** Audience of the service that acts on it. */
  readonly aud: string
  /** Must all be held. Default: all that are held and the audience may carry. */
  readonly permissions?: readonly string[]
}

/** Has the gateway issue the person's yes to this call, as a token that the service takes once. */
export type Approval = (request: ApprovalFor) => Promise<string>

/** The two functions of a tool that the AI SDK calls. */
export interface CallFunctions {
  readonly needsApproval: (input: unknown, options: ToolCallOptions) => Promise<boolean>
  readonly execute: (input: unknown, options: ToolCallOptions) => unknown
}

const approvals = new WeakMap<object, Approval>()

/**
 * The yes to a tool call, for the service that acts on it: `await approvalOf(options)({ aud: 'payments' })` is the token that
 * goes to it as `Txn-Token`. Tool and arguments are those of the call.
 *
 * @param options the second parameter of the tool's `execute`
 * @throws ConfigError when nobody was asked: the entry has no `confirm`, or it said no for this input. What is returned throws
 *   as `delegate` of an Agent does, and a ConfigError for a second audience
 */
export function approvalOf(options: object): Approval {
  const approval = approvals.get(options)
  if (approval) return approval
  throw new ConfigError('nobody was asked about this call: its entry in guardTools needs confirm')
}

/** A tool's functions behind its policy, in the name of whoever made the tools of this message. */
export function guardCall(guard: AgentGuard, call: GuardedCall): CallFunctions {
  const { access } = guard
  const agent = access.agent
  const owner = access.current
  const caller = (): CurrentCaller => callerServedBy(agent) ?? owner
  const taker = `guardTools: the tool ${call.name}`

  const needsApproval = async (input: unknown, options: ToolCallOptions): Promise<boolean> => {
    const served = caller()
    const isAgain = isInHistory(options)
    // A denial needs no question: the call returns it.
    if (!isAgain && !access.decide(served, call.policy, taker).granted) return false
    if (!(await call.confirms(input, options))) return guard.questions.has(options.toolCallId)
    const hash = await hashOf(call.name, input)
    if (!isAgain && hash !== undefined) guard.questions.ask(options.toolCallId, hash, served.auth.sub)
    return true
  }

  /** Why this call may not be made; the one yes to it is used up. */
  const denialOf = async (
    served: CurrentCaller,
    input: unknown,
    options: ToolCallOptions,
  ): Promise<Denied | undefined> => {
    const { toolCallId } = options
    const ended = await access.denialOf(served)
    if (ended) return ended
    const decision = access.decide(served, call.policy, taker)
    if (!decision.granted) return decision
    const isAsked = guard.questions.has(toolCallId)
    if (!isAsked && !(await call.confirms(input, options))) return undefined
    const hash = (await hashOf(call.name, input)) ?? ''
    const reason = guard.questions.take(toolCallId, hash, served.auth.sub)
    if (reason) return denial(403, reason, 'the yes of a person to this call is missing')
    approvals.set(options, approvalFor(served, input))
    return undefined
  }

  const approvalFor = (served: CurrentCaller, args: unknown): Approval => {
    let issued: { readonly aud: string; readonly token: Promise<string> } | undefined
    return ({ aud, permissions }) => {
      if (issued && issued.aud !== aud) {
        throw new ConfigError(`the yes to ${call.name} is for one service, and was given to another`)
      }
      const token =
        issued?.token ??
        access.approve({ aud, tool: call.name, args, ...(permissions && { permissions }) }, served)
      issued = { aud, token }
      token.catch(() => (issued = undefined))
      return token
    }
  }

  const deny = (denied: Denied, served: CurrentCaller): DeniedCall => {
    access.log({ ...denied, detail: `the tool ${call.name}: ${denied.detail}` }, served)
    return deniedCall(denied.reason)
  }

  const run = async (input: unknown, options: ToolCallOptions): Promise<unknown> => {
    const served = caller()
    try {
      const denied = await denialOf(served, input, options)
      if (denied) return deny(denied, served)
      return await serveAs(served, () => call.execute(input, options))
    } catch (error) {
      if (error instanceof DenialError) return deniedCall(error.decision.reason)
      if (error instanceof CredentialsGoneError) return deniedCall('credentials_gone')
      throw error
    }
  }

  return { needsApproval, execute: isGenerator(call.execute) ? streamed(run) : lastOf(run) }
}

/** For tools that yield: the AI SDK looks at what is returned at once. */
function streamed(run: CallFunctions['execute']): CallFunctions['execute'] {
  return async function* (input, options) {
    const result = await run(input, options)
    if (isIterable(result)) yield* result
    else yield result
  }
}

function lastOf(run: CallFunctions['execute']): CallFunctions['execute'] {
  return async (input, options) => {
    const result = await run(input, options)
    if (!isIterable(result)) return result
    let last: unknown
    for await (const one of result) last = one
    return last
  }
}

function isGenerator(execute: object): boolean {
  return Object.prototype.toString.call(execute) === '[object AsyncGeneratorFunction]'
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** Whether a call stands in the messages already: then it is about to run, and the AI SDK looks once more. */
function isInHistory({ toolCallId, messages = [] }: ToolCallOptions): boolean {
  const parts: readonly unknown[] = messages.flatMap(({ content }) =>
    Array.isArray(content) ? (content as readonly unknown[]) : [],
  )
  return parts.some(
    (part) =>
      typeof part === 'object' && part !== null && 'toolCallId' in part && part.toolCallId === toolCallId,
  )
}

/** `undefined` for an input that is no JSON: then no yes can be for it. */
async function hashOf(name: string, input: unknown): Promise<string | undefined> {
  try {
    return await actHash(name, input)
  } catch {
    return undefined
  }
}
