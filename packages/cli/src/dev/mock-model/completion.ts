import { randomBytes } from 'node:crypto'
import type { Turn } from './rules.ts'

const newId = (prefix: string): string => `${prefix}${randomBytes(12).toString('hex')}`

/** A turn as a response of the OpenAI protocol: whole, or in the chunks that a stream has. */
export interface Completion {
  readonly whole: object
  readonly chunks: readonly object[]
}

/** @param now in seconds since 1970 */
export function completionOf(turn: Turn, model: string, now: number): Completion {
  const head = { id: newId('chatcmpl-'), created: Math.floor(now), model }
  const { message, deltas, reason } = 'text' in turn ? textParts(turn.text) : callParts(turn.call)
  const usage = { prompt_tokens: 0, completion_tokens: deltas.length, total_tokens: deltas.length }
  const choice = (delta: object, finish: string | null): object => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  return {
    whole: {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }],
      usage,
    },
    chunks: [
      choice({ role: 'assistant', content: '' }, null),
      ...deltas.map((delta) => choice(delta, null)),
      choice({}, reason),
      { ...head, object: 'chat.completion.chunk', choices: [], usage },
    ],
  }
}

interface Parts {
  readonly message: object
  readonly deltas: readonly object[]
  readonly reason: 'stop' | 'tool_calls'
}

/** Word for word, as a model's tokens come. */
function textParts(text: string): Parts {
  const words = text.split(/(?<=\s)(?=\S)/)
  return { message: { content: text }, deltas: words.map((content) => ({ content })), reason: 'stop' }
}

function callParts({ name, input }: { readonly name: string; readonly input: object }): Parts {
  const json = JSON.stringify(input)
  const call = { id: newId('call_'), type: 'function', function: { name, arguments: json } }
  const half = Math.ceil(json.length / 2)
  const started = { index: 0, ...call, function: { name, arguments: json.slice(0, half) } }
  const rest = { index: 0, function: { arguments: json.slice(half) } }
  return {
    message: { content: null, tool_calls: [call] },
    deltas: [started, rest].map((one) => ({ tool_calls: [one] })),
    reason: 'tool_calls',
  }
}
