/** A call that a model makes of a tool. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON, as the model wrote it. */
  readonly input: string
}

/** One message of the conversation, as far as the rules look at it. */
export interface Message {
  readonly role: string
  readonly text: string
  /** What an assistant called. */
  readonly calls: readonly ToolCall[]
  /** The call that a message of a tool has the result of. */
  readonly callId: string | undefined
}

/** A request for a chat completion. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  /** The names of the tools that the caller offers. */
  readonly tools: readonly string[]
  readonly isStream: boolean
}

/** Reads a request of the OpenAI protocol; what the rules do not need is passed over. `undefined`: it is none. */
export function readChatRequest(body: string): ChatRequest | undefined {
  const { model, messages, tools, stream } = membersOf(parsed(body))
  if (!Array.isArray(messages) || messages.length === 0) return undefined
  return {
    model: typeof model === 'string' ? model : '',
    messages: messages.map(readMessage),
    tools: listOf(tools).map((tool) => textOf(membersOf(membersOf(tool).function).name)),
    isStream: stream === true,
  }
}

function readMessage(value: unknown): Message {
  const { role, content, tool_calls: calls, tool_call_id: callId } = membersOf(value)
  return {
    role: textOf(role),
    text: contentOf(content),
    calls: listOf(calls).map((call) => {
      const { id, function: called } = membersOf(call)
      const { name, arguments: input } = membersOf(called)
      return { id: textOf(id), name: textOf(name), input: textOf(input) }
    }),
    callId: typeof callId === 'string' ? callId : undefined,
  }
}

/** Text, or parts of which some are text. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => textOf(membersOf(part).text))
    .join('')
}

/** A value of JSON; `undefined` when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
