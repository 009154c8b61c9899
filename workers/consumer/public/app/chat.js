// @ts-check
import { ask, reasonOf, socketTo } from './ask.js'
import { byId, element, say } from './dom.js'

/** @typedef {{ at: number, text: string }} Message */

/** The service closes the socket with this code when the token ends. A new socket comes with a new token. */
const TOKEN_ENDED = 4401
/** The longest pause between two attempts, in seconds. */
const MAX_PAUSE = 30

const form = /** @type {HTMLFormElement} */ (byId('chat-form'))
const input = /** @type {HTMLInputElement} */ (byId('chat-text'))
const messages = byId('messages')

/** Where the chat of whoever is logged in is; empty when nobody is. */
let path = ''
/** @type {WebSocket | undefined} */
let socket
let failures = 0

/**
 * Opens the chat of this user, or shows that there is none.
 *
 * @param {string | undefined} sub
 */
export function showChat(sub) {
  const own = sub === undefined ? '' : `/api/agents/chat/${chatNameOf(sub)}`
  byId('chat').hidden = sub === undefined
  byId('no-chat').hidden = sub !== undefined
  if (own === path) return
  path = own
  const last = socket
  socket = undefined
  last?.close()
  if (path !== '') connect()
}

/** The service's name for this user's chat: the `sub` in base64url. @param {string} sub */
function chatNameOf(sub) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(sub))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function connect() {
  const opened = socketTo(path)
  socket = opened
  showState('Connecting …')
  opened.addEventListener('message', ({ data }) => show(JSON.parse(data)))
  opened.addEventListener('close', ({ code }) => void reconnect(opened, code))
}

/**
 * @param {WebSocket} closed
 * @param {number} code
 */
async function reconnect(closed, code) {
  if (closed !== socket) return
  if (code !== TOKEN_ENDED) {
    const pause = Math.min(2 ** failures, MAX_PAUSE)
    failures++
    showState(`Not connected; trying again in ${pause} s.`)
    await new Promise((resolve) => setTimeout(resolve, pause * 1000))
    // A rejected socket does not say why. Perhaps the session is over.
    const { status } = await ask('/auth/profile')
    if (closed !== socket) return
    if (status === 401) {
      showChat(undefined)
      return
    }
  }
  connect()
}

/** @param {{ history?: Message[], message?: Message, problem?: string }} frame */
function show({ history, message, problem }) {
  if (problem !== undefined) say(problem)
  if (history) {
    failures = 0
    showState('Connected.')
    messages.replaceChildren(...history.map(lineOf))
  }
  if (message) messages.append(lineOf(message))
  byId('no-messages').hidden = messages.children.length > 0
  const log = byId('log')
  log.scrollTop = log.scrollHeight
}

/** @param {Message} message */
function lineOf({ at, text }) {
  const when = new Date(at)
  const shown = when.toLocaleString([], { dateStyle: 'short', timeStyle: 'short' })
  return element('li', {}, element('time', { dateTime: when.toISOString() }, shown), ` ${text}`)
}

/** @param {string} text */
function showState(text) {
  byId('chat-state').textContent = text
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = input.value.trim()
  if (text === '') return
  if (socket?.readyState !== WebSocket.OPEN) {
    say('Not sent: the chat is not connected.')
    return
  }
  socket.send(JSON.stringify({ text }))
  input.value = ''
})

byId('forget').addEventListener('click', async () => {
  const answer = await ask(path, { method: 'DELETE' })
  say(answer.status === 200 ? 'The chat is empty.' : `Nothing was forgotten: ${reasonOf(answer)}`)
})
