// @ts-check
import { applyChunk } from './protocol.js'

/** @typedef {import('./protocol.js').Message} Message */
/** @typedef {import('./protocol.js').Part} Part */

/** The conversation as this window knows it, and what of it is under way. */
export class Transcript {
  /** @type {Message[]} */
  messages = []
  /** The request whose answer comes in; empty when none does. */
  answering = ''

  /** @param {(changed: Message | undefined) => void} onChange told which message changed; nothing: all may have */
  constructor(onChange) {
    this.onChange = onChange
  }

  /** A question waits for its answer. @param {string} text @param {string} request */
  ask(text, request) {
    const message = { id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] }
    this.messages.push(message)
    this.answering = request
    this.onChange(undefined)
  }

  /** All that the Agent keeps. @param {Message[]} messages */
  replace(messages) {
    // What streams in here may be further than what is kept.
    if (this.answering !== '' && messages.length < this.messages.length) return
    this.messages = messages
    this.onChange(undefined)
  }

  /** One message as the Agent has it now. @param {Message} message */
  update(message) {
    const index = this.messages.findIndex(({ id }) => id === message.id)
    const at = index < 0 ? this.messages.findLastIndex((one) => sharesCall(one, message)) : index
    if (at < 0) return
    this.messages[at] = message
    this.onChange(message)
  }

  /**
   * A frame of an answer.
   *
   * @param {{ id: string, body?: string, done?: boolean, error?: boolean, continuation?: boolean, replay?: boolean }} frame
   * @returns {string | undefined} what went wrong
   */
  receive({ id, body = '', done, error, continuation, replay }) {
    if (error) {
      this.end()
      return body || 'The answer broke off.'
    }
    this.answering = id
    if (body !== '') {
      const chunk = JSON.parse(body)
      if (chunk.type === 'error') return chunk.errorText
      applyChunk(this.#partsFor(chunk, continuation === true, replay === true), chunk)
      this.onChange(this.messages.at(-1))
    }
    if (done) this.end()
    return undefined
  }

  end() {
    this.answering = ''
    this.onChange(this.messages.at(-1))
  }

  /** The calls that wait for this person's yes or no. @returns {Part[]} */
  waiting() {
    return this.messages.flatMap(({ parts }) => parts).filter(({ state }) => state === 'approval-requested')
  }

  /** @param {import('./protocol.js').Chunk} chunk @param {boolean} isContinued @param {boolean} isReplay */
  #partsFor(chunk, isContinued, isReplay) {
    const last = this.messages.at(-1)
    const isStart = chunk.type === 'start'
    if (last?.role === 'assistant' && (!isStart || isContinued || last.id === chunk.messageId)) {
      if (isStart && isReplay && !isContinued) last.parts = []
      return last.parts
    }
    const message = { id: chunk.messageId ?? crypto.randomUUID(), role: 'assistant', parts: [] }
    this.messages.push(message)
    return message.parts
  }
}

/** @param {Message} one @param {Message} other */
function sharesCall(one, other) {
  const calls = other.parts.flatMap(({ toolCallId }) => toolCallId ?? [])
  return one.parts.some(({ toolCallId }) => toolCallId !== undefined && calls.includes(toolCallId))
}
