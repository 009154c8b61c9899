import { expect, vi } from 'vitest'
import type { Client } from './sockets.ts'

type Part = Readonly<Record<string, unknown>>

/** A message as the chat keeps it. */
export interface Message {
  readonly id: string
  readonly role: string
  readonly parts: readonly Part[]
}

/** A client of the chat protocol, as `useAgentChat` is one. */
export interface Chat extends Client {
  /** What came of the model's stream, so far. */
  chunks(): readonly Part[]
  /** Waits until the chat keeps this as what a tool call returned. */
  returned(id: string, output: unknown): Promise<void>
  /** Waits until the person is asked about a call. */
  asked(id: string): Promise<void>
  /** Says something, after what was said, and waits for the end of the reply. */
  say(text: string): Promise<void>
  /** Sends a whole history in place of the chat's own, and lets the model go on. */
  replay(messages: readonly Message[]): Promise<void>
  /** Says yes or no to a call; the model then goes on, unless it shall not. */
  answer(id: string, approved: boolean, autoContinue?: boolean): void
  history(): Promise<Message[]>
}

let serial = 0

/**
 * The chat over an open socket.
 *
 * @param history reads what the chat keeps
 */
export function chatOn(client: Client, history: () => Promise<Message[]>): Chat {
  const chunks = (): readonly Part[] =>
    client.frames.flatMap((frame) => {
      const { type, body } = JSON.parse(frame) as { readonly type?: string; readonly body?: string }
      if (type !== 'cf_agent_use_chat_response' || !body?.startsWith('{')) return []
      return [JSON.parse(body) as Part]
    })
  const chunk = (type: string, id: string): Promise<Part> =>
    vi.waitFor(() => {
      const found = chunks().findLast((one) => one.type === type && one.toolCallId === id)
      if (!found) throw new Error(`no ${type} of ${id} in ${JSON.stringify(client.frames)}`)
      return found
    })
  const replay = async (messages: readonly Message[]): Promise<void> => {
    const id = `request-${serial++}`
    const init = { method: 'POST', body: JSON.stringify({ messages }) }
    client.send(JSON.stringify({ type: 'cf_agent_use_chat_request', id, init }))
    await vi.waitFor(() => {
      const last = client.frames.some((frame) => frame.includes(`"${id}"`) && frame.includes('"done":true'))
      if (!last) throw new Error(`no end of ${id} in ${JSON.stringify(client.frames)}`)
    })
  }
  return Object.assign(client, {
    chunks,
    history,
    replay,
    returned: async (id: string, output: unknown) =>
      vi.waitFor(async () => {
        const parts = (await history()).flatMap((message) => message.parts)
        expect(parts.find(({ toolCallId }) => toolCallId === id)?.output).toEqual(output)
      }),
    asked: async (id: string) => {
      await chunk('tool-approval-request', id)
    },
    say: async (text: string) =>
      replay([...(await history()), { id: `m-${serial}`, role: 'user', parts: [{ type: 'text', text }] }]),
    answer: (toolCallId: string, approved: boolean, autoContinue = true) =>
      client.send(JSON.stringify({ type: 'cf_agent_tool_approval', toolCallId, approved, autoContinue })),
  })
}
