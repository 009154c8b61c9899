import { ConfigError } from '../errors.ts'

/** A tool behind its policy. */
export interface BehindPolicy {
  readonly config: object
  readonly callback: (...call: readonly unknown[]) => Promise<object>
  /** Whether the caller of a message passes. */
  readonly isFor: (context: unknown) => boolean
  /** The result for a call that may not be made, which is logged. */
  readonly deny: (context: unknown) => Promise<object | undefined>
}

/** A handler as both majors of the SDK call it. */
type Handler = (request: McpRequest, context: unknown) => unknown

interface McpRequest {
  readonly method?: unknown
  readonly params?: { readonly name?: unknown }
}

interface Handling {
  setRequestHandler: (...handler: never[]) => void
}

const hidden = new WeakMap<object, Map<string, BehindPolicy>>()

/**
 * Has `tools/list` leave out what is not for the caller of that message, and `tools/call` deny it before the SDK compares its
 * input with a schema that the caller may not see. `McpServer` sets both handlers when it gets its first tool; it has no
 * other place where a list depends on who reads it.
 *
 * @throws ConfigError when they are set already
 */
export function hideTools(
  server: Handling,
  tools: ReadonlyMap<string, BehindPolicy>,
  register: () => void,
): void {
  const known = hidden.get(server)
  const all = known ?? new Map<string, BehindPolicy>()
  for (const [name, tool] of tools) all.set(name, tool)
  if (known) {
    register()
    return
  }
  const own = Object.getOwnPropertyDescriptor(server, 'setRequestHandler')
  const set = server.setRequestHandler.bind(server) as (...handler: unknown[]) => void
  let handlers = 0
  const setHiding = (...handler: unknown[]): void => {
    handlers++
    set(...handler.slice(0, -1), hiding(handler.at(-1) as Handler, all))
  }
  Object.defineProperty(server, 'setRequestHandler', { value: setHiding, configurable: true, writable: true })
  try {
    register()
  } finally {
    if (own) Object.defineProperty(server, 'setRequestHandler', own)
    else Reflect.deleteProperty(server, 'setRequestHandler')
  }
  if (handlers === 0 && tools.size > 0) {
    throw new ConfigError(
      'guardMcpTools takes a server without tools, made without capabilities.tools: register others after it',
    )
  }
  hidden.set(server, all)
}

function hiding(handle: Handler, tools: ReadonlyMap<string, BehindPolicy>): Handler {
  return async (request, context) => {
    if (request.method === 'tools/call') {
      const name = request.params?.name
      const tool = typeof name === 'string' ? tools.get(name) : undefined
      return (await tool?.deny(context)) ?? handle(request, context)
    }
    const result = await handle(request, context)
    if (request.method !== 'tools/list') return result
    const { tools: listed } = result as { readonly tools: readonly { readonly name: string }[] }
    return {
      ...(result as object),
      tools: listed.filter(({ name }) => tools.get(name)?.isFor(context) ?? true),
    }
  }
}
