import { type Client, connect } from './client.ts'

/** A part of a message, as the AI SDK has them. */
export interface Part {
  readonly type: string
  readonly text?: string
  readonly state?: string
  readonly toolCallId?: string
  readonly input?: unknown
  readonly output?: unknown
}

export interface Message {
  readonly id: string
  readonly role: string
  readonly parts: readonly Part[]
}

/** A window of the chat: it speaks the frames that the page does. */
export interface ChatClient {
  readonly socket: Client
  /** The whole conversation, as it came last. */
  readonly messages: readonly Message[]
  /** Says something, and waits until the answer is complete. Returns its text. */
  say(text: string): Promise<string>
  /** Says yes or no to the last call that waits, and waits for what comes of it. */
  decide(approved: boolean): Promise<string>
  /** The last call of a tool. */
  readonly call: Part | undefined
}

/** @throws Error when it does not open */
export async function openChat(path: string, credentials: string | HeadersInit): Promise<ChatClient> {
  const socket = await connect(path, credentials)
  if (!socket.isOpen) throw new Error(`the chat does not open: ${socket.status}`)
  await socket.frame('cf_agent_chat_messages')
  let serial = 0
  const framesOf = (type: string): readonly string[] =>
    socket.frames.filter((one) => one.includes(`"${type}"`))
  const kept = (): readonly Message[] => {
    const last = framesOf('cf_agent_chat_messages').at(-1) ?? '{}'
    return (JSON.parse(last) as { messages?: readonly Message[] }).messages ?? []
  }
  /** Sends a frame, and waits for the conversation after it. */
  const after = async (frame: object): Promise<string> => {
    const before = framesOf('cf_agent_chat_messages').length
    socket.send(JSON.stringify(frame))
    await socket.until(() => framesOf('cf_agent_chat_messages').length > before)
    return textOf(kept().at(-1))
  }
  const client: ChatClient = {
    socket,
    get messages() {
      return kept()
    },
    get call() {
      return kept()
        .flatMap(({ parts }) => parts)
        .findLast(({ toolCallId }) => toolCallId !== undefined)
    },
    say(text) {
      serial++
      const asked = { id: `${path}-${serial}-${text}`, role: 'user', parts: [{ type: 'text', text }] }
      const body = JSON.stringify({ messages: [...kept(), asked], trigger: 'submit-message' })
      return after({ type: 'cf_agent_use_chat_request', id: asked.id, init: { method: 'POST', body } })
    },
    decide(approved) {
      const toolCallId = client.call?.toolCallId
      return after({ type: 'cf_agent_tool_approval', toolCallId, approved, autoContinue: true })
    },
  }
  return client
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).flatMap(({ text }) => text ?? []).join('\n')
}
