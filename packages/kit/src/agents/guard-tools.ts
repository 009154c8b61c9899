import { ConfigError } from '../errors.ts'
import type { Rules } from '../policy/builder.ts'
import { partsOf } from '../policy/parts.ts'
import { AgentGuard } from './guard.ts'
import { guardCall, type ToolCallOptions } from './guard-call.ts'
import type { AuthenticatedAgent } from './mixins.ts'
import { isDeniedCall } from './denied-call.ts'

/** The part of an AI SDK tool (`ai` 6 and 7) that is guarded. Described here, so that the kit does not depend on the SDK. */
export interface ToolLike {
  /** Runs the tool; without it the client or the provider does. */
  execute?: ((input: never, options: never) => unknown) | undefined
}

/** The input of a tool that runs here. */
export type ToolInput<Tool extends ToolLike> =
  Extract<Tool['execute'], (...call: never) => unknown> extends (
    input: infer Input,
    options: never,
  ) => unknown
    ? Input
    : never

/** A tool, and who may use it. */
export interface GuardedTool<Tool extends ToolLike = ToolLike> {
  /** As `tool()` of the AI SDK makes it. */
  readonly tool: Tool
  /** What the caller must satisfy, to see the tool and at each call. It must not wait, and has no `base()`. */
  readonly policy: Rules
  /**
   * Whether a person must say yes to a call first, perhaps by its input: then the AI SDK asks, and only the yes of whoever
   * was asked, over their own connection, within five minutes, to this very input, lets the tool run, once. Default: what
   * `needsApproval` of the tool says, else not.
   */
  readonly confirm?: boolean | ((input: ToolInput<Tool>) => boolean | PromiseLike<boolean>)
}

/** Tools by name, each with its policy. */
export type ToolTable<Tools extends Readonly<Record<string, ToolLike>>> = {
  readonly [Name in keyof Tools]: GuardedTool<Tools[Name]>
}

/**
 * Tools for one message: those that its caller may use. For `streamText` in `onChatMessage`. A call is checked again when
 * it runs, by the caller of that message; a call that is denied returns a {@link DeniedCall}, and is logged as a request
 * would be. A tool that the caller may not see is not sent to the model, and denied when it is called by its name.
 *
 * @param agent an Agent that `AuthAgent` or `OwnedAgent` guards, while it serves somebody
 * @throws ConfigError for an entry without a policy or with one that has to wait, for `confirm` of a tool that does not run
 *   here, and where nobody is served
 */
export function guardTools<Tools extends Readonly<Record<string, ToolLike>>>(
  agent: AuthenticatedAgent,
  table: ToolTable<Tools>,
): Tools {
  const guard = AgentGuard.over(agent)
  const { access } = guard
  const caller = access.current
  const tools = {}
  for (const [name, entry] of Object.entries<GuardedTool>(table)) {
    const { policy } = entry
    partsOf(policy, `guardTools: the tool ${name} has no policy`)
    const { granted } = access.decide(caller, policy, `guardTools: the tool ${name}`)
    // What is hidden is found by its name alone: the AI SDK sends the model what can be enumerated.
    Object.defineProperty(tools, name, { value: guarded(guard, name, entry), enumerable: granted })
  }
  return tools as Tools
}

/** The parts of a tool as the AI SDK calls them. */
interface Callable {
  readonly execute?: (input: unknown, options: ToolCallOptions) => unknown
  readonly needsApproval?:
    boolean | ((input: unknown, options: ToolCallOptions) => boolean | PromiseLike<boolean>)
  readonly toModelOutput?: (given: { readonly output: unknown }) => unknown
}

function guarded(guard: AgentGuard, name: string, { tool, policy, confirm }: GuardedTool): ToolLike {
  const { execute, needsApproval, toModelOutput } = tool as Callable
  const asked = (confirm ?? needsApproval ?? false) as NonNullable<Callable['needsApproval']>
  if (!execute) {
    if (asked === false) return tool
    throw new ConfigError(`guardTools: the tool ${name} does not run here, so confirm would hold nobody back`)
  }
  const call = guardCall(guard, {
    name,
    policy,
    confirms: (input, options) => (typeof asked === 'function' ? asked(input, options) : asked),
    execute: execute.bind(tool),
  })
  return {
    ...tool,
    ...call,
    ...(asked === false && { needsApproval: undefined }),
    ...(toModelOutput && {
      toModelOutput: (given: { readonly output: unknown }) =>
        isDeniedCall(given.output) ? { type: 'json', value: given.output } : toModelOutput.call(tool, given),
    }),
  }
}
