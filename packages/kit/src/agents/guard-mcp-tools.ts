import type { Auth } from '../claims/types.ts'
import { ConfigError, CredentialsGoneError } from '../errors.ts'
import { DenialError } from '../kit/denial-error.ts'
import { partsOf } from '../policy/parts.ts'
import type { Rules } from '../policy/builder.ts'
import { deniedCall, type CallDenialReason } from './denied-call.ts'
import { judgeNow } from './judge-now.ts'
import { mcpCallersOf, type McpCallers } from './mcp-callers.ts'
import { type BehindPolicy, hideTools } from './mcp-hiding.ts'
import type { AuthenticatedAgent } from './mixins.ts'

/** The part of an `McpServer` that tools are registered with: of `@modelcontextprotocol/sdk` 1, and of `/server` 2. */
export interface McpServerLike {
  /** The server below it, which has the handlers of requests. */
  readonly server: {
    /** Sets what responds to a method. */
    setRequestHandler: (...handler: never[]) => void
  }
  /** Adds a tool. */
  registerTool(name: string, config: never, callback: never): unknown
}

/** A schema as Zod 4, Valibot or ArkType make it (Standard Schema). */
export interface McpInputSchema<Input> {
  readonly '~standard': { readonly types?: { readonly output: Input } | undefined }
}

/** A tool as `registerTool` takes it, and what it does. */
export interface McpTool<Input = unknown, Context = unknown> {
  readonly title?: string
  readonly description?: string
  /** What the input must be. Default: the tool has no input, and `execute` gets an empty object. */
  readonly inputSchema?: McpInputSchema<Input>
  readonly outputSchema?: object
  readonly annotations?: object
  readonly _meta?: Record<string, unknown>
  /** Returns the result of MCP: `{ content: [...] }`. The context is what the SDK gives to callbacks. */
  readonly execute: (input: Input, context: Context) => object | PromiseLike<object>
}

/** A tool of an MCP server, and who may use it. */
export interface GuardedMcpTool<Input = unknown> {
  readonly tool: McpTool<Input>
  /** What the caller must satisfy, to see the tool and at each call. It must not wait, and has no `base()`. */
  readonly policy: Rules
  /** There is none here: what an MCP client says proves no person's yes. */
  readonly confirm?: never
}

/** Tools of an MCP server by name, each with its policy. */
export type McpToolTable<Inputs extends Readonly<Record<string, unknown>>> = {
  readonly [Name in keyof Inputs]: GuardedMcpTool<Inputs[Name]>
}

/**
 * Registers tools of an MCP server, each with its policy. A caller whom it does not let sees no such tool; a call is
 * checked by the caller of that message, before its input is looked at. A call that is denied has a result with `isError`
 * and words that a model can explain, and is logged as a request would be.
 *
 * @param server with no tool yet, and without `capabilities.tools`: the kit hides tools where the SDK begins to list them
 * @param caller an `McpAgent` that `AuthAgent` or `OwnedAgent` guards; or for a server of one request its verified caller,
 *   unless the message has another in `authInfo`
 * @throws ConfigError for an entry without a policy, with one that has `base()`, or with `confirm`; for a server that has
 *   tools; and for a caller whom no verifier of the kit let in
 */
export function guardMcpTools<Inputs extends Readonly<Record<string, unknown>>>(
  server: McpServerLike,
  table: McpToolTable<Inputs>,
  caller: AuthenticatedAgent | Auth,
): void {
  const callers = mcpCallersOf(caller)
  const tools = new Map<string, BehindPolicy>()
  for (const name of Object.keys(table)) tools.set(name, guarded(name, table[name] as ErasedTool, callers))
  hideTools(server.server, tools, () => {
    for (const [name, { config, callback }] of tools) {
      server.registerTool(name, config as never, callback as never)
    }
  })
}

/** Its input is what its own schema let through. */
type ErasedTool = Omit<GuardedMcpTool, 'tool'> & {
  readonly tool: Omit<McpTool, 'execute'> & {
    readonly execute: (input: never, context: unknown) => object | PromiseLike<object>
  }
}

function guarded(name: string, { tool, policy, ...rest }: ErasedTool, callers: McpCallers): BehindPolicy {
  const taker = `guardMcpTools: the tool ${name}`
  partsOf(policy, `${taker} has no policy`)
  if ('confirm' in rest) {
    throw new ConfigError(
      `${taker} has confirm: a yes that comes through an MCP client proves no person. Have the service that acts require an approval, and ask in a chat`,
    )
  }
  const judge = judgeNow(policy, taker)
  const { execute, ...config } = tool
  const deny = async (context: unknown): Promise<object | undefined> => {
    const denied = await callers.denialOf(context, judge, (detail) => `the tool ${name}: ${detail}`)
    return denied && denialResult(denied)
  }
  return {
    config,
    deny,
    isFor: (context) => callers.passes(context, judge),
    // A tool without a schema is called with the context alone.
    callback: async (...call) => {
      const context = call.at(-1)
      try {
        const input = (tool.inputSchema ? call[0] : {}) as never
        return (await deny(context)) ?? (await execute.call(tool, input, context))
      } catch (error) {
        if (error instanceof DenialError) return denialResult(error.decision.reason)
        if (error instanceof CredentialsGoneError) return denialResult('credentials_gone')
        throw error
      }
    },
  }
}

function denialResult(reason: CallDenialReason): object {
  return { isError: true, content: [{ type: 'text', text: JSON.stringify(deniedCall(reason)) }] }
}
