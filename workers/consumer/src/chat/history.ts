import type { UIMessage } from 'ai'

/** The most that one message of the person may have. Characters. */
export const MAX_CHARACTERS = 2000

/** The most that the model reads of what was said before, as JSON. Characters. */
const MAX_HISTORY = 60_000

/**
 * What the model reads: what was said last, as text and calls of tools. The history comes from a client, which may have
 * written anything into it: what is too long is left out, and so are files, which the AI SDK would fetch from wherever they
 * are said to be.
 */
export function readable(messages: readonly UIMessage[]): UIMessage[] {
  let left = MAX_HISTORY
  const start = messages.findLastIndex((message) => (left -= JSON.stringify(message).length) < 0) + 1
  return messages
    .slice(start)
    .filter((message) => !isTooLong(message))
    .map((message) => ({ ...message, parts: message.parts.filter(({ type }) => type !== 'file') }))
    .filter(({ parts }) => parts.length > 0)
}

/** Whether a message of the person has too much text. */
export function isTooLong({ role, parts }: UIMessage): boolean {
  if (role !== 'user') return false
  return parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0) > MAX_CHARACTERS
}
