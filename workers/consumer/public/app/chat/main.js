// @ts-check
import { ask } from '../ask.js'
import { byId, element } from '../dom.js'
import { focusField, listen, showAnswering } from './composer.js'
import { Connection } from './connection.js'
import { showPayments } from './payments.js'
import { toolOf } from './protocol.js'
import { Transcript } from './transcript.js'
import { draw, scrollToEnd } from './view.js'
import { titleOf } from './words.js'

/** @typedef {import('./protocol.js').Part} Part */

/** @type {Connection | undefined} */
let connection
/** Whether a drawing is already ordered for the next frame of the screen. */
let isOrdered = false

const transcript = new Transcript(() => {
  if (isOrdered) return
  isOrdered = true
  requestAnimationFrame(show)
})

function show() {
  isOrdered = false
  const isAnswering = transcript.answering !== ''
  draw(transcript.messages, isAnswering, decide)
  showAnswering(isAnswering)
}

/** @param {string} text */
function say(text) {
  if (!connection?.isOpen) {
    problem('Not sent: the chat is not connected.')
    return false
  }
  problem('')
  const id = crypto.randomUUID()
  transcript.ask(text, id)
  const body = JSON.stringify({ messages: transcript.messages, trigger: 'submit-message' })
  connection.send({ type: 'cf_agent_use_chat_request', id, init: { method: 'POST', body } })
  requestAnimationFrame(scrollToEnd)
  return true
}

/** The person says yes or no to a call of a tool. @param {Part} part @param {boolean} approved */
function decide({ toolCallId }, approved) {
  if (!connection?.isOpen) {
    problem('Not sent: the chat is not connected.')
    return false
  }
  connection.send({ type: 'cf_agent_tool_approval', toolCallId, approved, autoContinue: true })
  focusField()
  return true
}

/** @param {any} frame */
function receive(frame) {
  switch (frame.type) {
    case 'cf_agent_chat_messages':
      transcript.replace(frame.messages)
      break
    case 'cf_agent_message_updated':
      transcript.update(frame.message)
      break
    case 'cf_agent_chat_clear':
      transcript.end()
      transcript.replace([])
      break
    case 'cf_agent_stream_resuming':
      connection?.send({ type: 'cf_agent_stream_resume_ack', id: frame.id })
      break
    case 'cf_agent_use_chat_response': {
      const wrong = transcript.receive(frame)
      if (wrong !== undefined) problem(wrong)
      if (frame.done) ended()
    }
  }
}

/** An answer is complete: it is read out once, and not word for word. */
function ended() {
  const [asked] = transcript.waiting()
  const last = transcript.messages.at(-1)
  const text = last?.parts.findLast(({ type }) => type === 'text')?.text
  byId('announce').textContent = asked
    ? `${titleOf(toolOf(asked))} needs your approval. Approve and Deny are above the message field.`
    : `Assistant: ${text ?? ''}`
  void showPayments()
}

/** @param {string} text */
function problem(text) {
  byId('problem').textContent = text
  byId('problem').hidden = text === ''
}

/** @param {string} words @param {boolean} isOpen */
function showState(words, isOpen) {
  byId('state').textContent = words
  byId('state').classList.toggle('open', isOpen)
  // What was under way goes on at the Agent; its frames come again on the next socket.
  if (!isOpen) transcript.end()
}

/** The service's name for this user's chat: the `sub` in base64url. @param {string} sub */
function chatNameOf(sub) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(sub))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function showLogin() {
  showState('You are not logged in.', false)
  byId('who').replaceChildren(element('a', { href: '/auth/login?returnTo=/app/chat' }, 'Log in'))
}

async function start() {
  const { status, body } = await ask('/auth/profile')
  if (status !== 200) {
    showLogin()
    return
  }
  byId('who').textContent = body.name ?? body.sub
  connection = new Connection(`/api/agents/chat/${chatNameOf(body.sub)}`, {
    frame: receive,
    state: showState,
    loggedOut: showLogin,
  })
  await showPayments()
}

listen(say, () => connection?.send({ type: 'cf_agent_chat_request_cancel', id: transcript.answering }))
byId('forget').addEventListener('click', () => {
  connection?.send({ type: 'cf_agent_chat_clear' })
  transcript.end()
  transcript.replace([])
  focusField()
})
await start()
