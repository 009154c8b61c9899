// @ts-check

/**
 * A part of a message, as the AI SDK has them: text, or a call of a tool with what became of it.
 *
 * @typedef {object} Part
 * @property {string} type `text`, or `tool-` and the tool's name
 * @property {string} [text]
 * @property {string} [state]
 * @property {string} [toolCallId]
 * @property {any} [input]
 * @property {any} [output]
 * @property {string} [errorText]
 * @property {{ id: string, approved?: boolean }} [approval]
 */

/** @typedef {{ id: string, role: string, parts: Part[] }} Message */

/** A chunk of the AI SDK's message stream. @typedef {{ type: string, [member: string]: any }} Chunk */

/**
 * Does to the parts of a message what a chunk of its stream says.
 *
 * @param {Part[]} parts
 * @param {Chunk} chunk
 */
export function applyChunk(parts, chunk) {
  const call = parts.find(({ toolCallId }) => toolCallId !== undefined && toolCallId === chunk.toolCallId)
  switch (chunk.type) {
    case 'text-start':
      parts.push({ type: 'text', text: '', state: 'streaming' })
      break
    case 'text-delta': {
      const last = parts.findLast(({ type }) => type === 'text')
      if (last) last.text = `${last.text ?? ''}${chunk.delta}`
      else parts.push({ type: 'text', text: chunk.delta, state: 'streaming' })
      break
    }
    case 'text-end': {
      const last = parts.findLast(({ type }) => type === 'text')
      if (last) last.state = 'done'
      break
    }
    case 'tool-input-start':
    case 'tool-input-available':
    case 'tool-input-error': {
      /** @type {Part} */
      const made = call ?? { type: `tool-${chunk.toolName}`, toolCallId: chunk.toolCallId }
      if (!call) parts.push(made)
      if (chunk.type === 'tool-input-start') made.state ??= 'input-streaming'
      else Object.assign(made, { input: chunk.input, state: 'input-available' })
      if (chunk.type === 'tool-input-error')
        Object.assign(made, { state: 'output-error', errorText: chunk.errorText })
      break
    }
    default:
      if (call) Object.assign(call, outcomeOf(chunk))
  }
}

/** What a chunk changes of a call that is there. @param {Chunk} chunk @returns {Partial<Part>} */
function outcomeOf(chunk) {
  switch (chunk.type) {
    case 'tool-approval-request':
      return { state: 'approval-requested', approval: { id: chunk.approvalId } }
    case 'tool-output-available':
      return { state: 'output-available', output: chunk.output }
    case 'tool-output-error':
      return { state: 'output-error', errorText: chunk.errorText }
    case 'tool-output-denied':
      return { state: 'output-denied' }
    default:
      return {}
  }
}

/** The name of the tool that a part calls; empty for other parts. @param {Part} part */
export function toolOf({ type }) {
  return type.startsWith('tool-') ? type.slice('tool-'.length) : ''
}
