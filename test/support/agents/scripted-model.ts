/** What the model was sent, and what it says: a model of either AI SDK takes it. */
export interface Sent {
  readonly prompt: readonly { readonly role: string; readonly content: unknown }[]
  readonly tools?: readonly { readonly name: string }[] | undefined
}

type Part = Readonly<Record<string, unknown>> & { readonly type: string }

/** The tools that the model was offered, call by call. */
export const offered: string[][] = []

/** How long the model thinks about each word, and how many it said: a slow one can be stopped. */
export const pace = { milliseconds: 0, words: 0 }

/**
 * A model that obeys, whoever speaks: `call NAME {JSON}` in what a user or a tool says is a call of that tool. It says back
 * whatever else it reads. `as ID` names the call.
 */
export function obey({ prompt, tools = [] }: Sent): ReadableStream<never> {
  offered.push(tools.map(({ name }) => name))
  const text = textOf(prompt.at(-1)?.content)
  const [, name, input, id = `call-${offered.length}`] =
    /call (\w+) (\{[^}]*\})(?: as (\S+))?/.exec(text) ?? []
  if (name === undefined || input === undefined) return streamOf(spoken(text), 'stop')
  return streamOf([{ type: 'tool-call', toolCallId: id, toolName: name, input }], 'tool-calls')
}

function spoken(text: string): readonly Part[] {
  const words = `heard: ${text}`.split(/(?<= )/)
  return [
    { type: 'text-start', id: 't' },
    ...words.map((delta) => ({ type: 'text-delta', id: 't', delta })),
    { type: 'text-end', id: 't' },
  ]
}

function streamOf(parts: readonly Part[], reason: string): ReadableStream<never> {
  const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } }
  const all = [
    { type: 'stream-start', warnings: [] },
    ...parts,
    { type: 'finish', usage, finishReason: { unified: reason, raw: reason } },
  ].values()
  return new ReadableStream<unknown>({
    async pull(controller) {
      const { value, done } = all.next()
      if (done === true) {
        controller.close()
        return
      }
      if (value.type === 'text-delta') {
        pace.words++
        if (pace.milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, pace.milliseconds))
      }
      controller.enqueue(value)
    },
  }) as ReadableStream<never>
}

/** Texts and results of the last message. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => {
      const { text, output } = part as {
        readonly text?: string
        readonly output?: { readonly value?: unknown }
      }
      const value = text ?? output?.value
      return typeof value === 'string' ? value : JSON.stringify(value)
    })
    .join(' ')
}
