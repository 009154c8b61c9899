// @ts-check
import { ask, socketTo } from './ask.js'
import { byId, element, row, say } from './dom.js'

/**
 * An example route and its policy, held against the caller.
 *
 * @typedef {{ method: string, path: string, of?: string, rules: { rule: string, outcome: string }[] }} ExplainedRoute
 */

/** How long an echo may take, in milliseconds. */
const ECHO_MS = 5000

export async function showRoutes() {
  const { status, body } = await ask('/api/decisions')
  byId('rules').replaceChildren(...(status === 200 ? body.decisions.map(routeRow) : []))
}

/** @param {ExplainedRoute} route */
function routeRow({ method, path, of, rules }) {
  const name = element('code', {}, `${method} ${path}`)
  const listed = rules.length > 0 ? rules : [{ rule: 'any verified caller', outcome: 'pass' }]
  const items = listed.map(({ rule, outcome }) => {
    const passed = outcome === 'pass'
    return element('li', { className: passed ? 'pass' : 'fail' }, `${rule} (${outcome})`)
  })
  if (of !== undefined) items.push(element('li', { className: 'meaning' }, `the owner is ${of}`))
  const button = element('button', { type: 'button', ariaLabel: `Call ${method} ${path}` }, 'Call')
  button.addEventListener('click', () => void call(method, path))
  return row(name, { Rules: element('ul', {}, ...items), 'Try it': button })
}

/**
 * @param {string} method
 * @param {string} path
 */
async function call(method, path) {
  const target = path.replace('|', '%7C')
  const { status, body } = await (method === 'WebSocket'
    ? callSocket(target)
    : ask(target, requestOf(method)))
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  byId('answer').textContent = `${method} ${path}\n${status}\n${text}`
  say(`${method} ${path} answered ${status}.`)
}

/**
 * @param {string} method
 * @returns {RequestInit}
 */
function requestOf(method) {
  if (method !== 'PUT') return { method }
  const headers = { 'Content-Type': 'application/json' }
  return { method, headers, body: JSON.stringify({ displayName: 'Ada' }) }
}

/**
 * Opens a socket, says one thing, and gives the first frame. A browser tells scripts nothing of a refused upgrade: a
 * plain request has the same answer.
 *
 * @param {string} path
 * @returns {Promise<{ status: number, body: any }>}
 */
async function callSocket(path) {
  const socket = socketTo(path)
  /** @type {string | undefined} */
  const frame = await new Promise((resolve) => {
    socket.addEventListener('open', () => socket.send('Hello'))
    socket.addEventListener('message', ({ data }) => resolve(data))
    socket.addEventListener('close', () => resolve(undefined))
    setTimeout(resolve, ECHO_MS)
  })
  socket.close()
  if (frame === undefined) return ask(path)
  return { status: 101, body: `The socket is open. Its first frame:\n${frame}` }
}
