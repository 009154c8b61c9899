/** Frames of the chat protocol of `@cloudflare/ai-chat` that the guard reads. */

/** An answer to the question whether a tool may run. */
export interface Answer {
  /** Of the tool call. */
  readonly id: string
  readonly isYes: boolean
}

/** The frame in which a client says yes or no to a tool call. */
export function answerIn(frame: unknown): Answer | undefined {
  const { toolCallId: id, approved } = read(frame, 'cf_agent_tool_approval')
  return typeof id === 'string' ? { id, isYes: approved === true } : undefined
}

/** The id of the request that a piece of a reply belongs to; `undefined` for the end of one. */
export function replyIn(frame: unknown): string | undefined {
  const { id, done } = read(frame, 'cf_agent_use_chat_response')
  return typeof id === 'string' && done !== true ? id : undefined
}

function read(frame: unknown, type: string): Readonly<Record<string, unknown>> {
  // Most frames are not worth reading twice. JSON may spell a letter as an escape.
  if (typeof frame !== 'string' || !(frame.includes(type) || frame.includes('\\u'))) return {}
  try {
    const value = JSON.parse(frame) as Readonly<Record<string, unknown>>
    return value.type === type ? value : {}
  } catch {
    return {}
  }
}
