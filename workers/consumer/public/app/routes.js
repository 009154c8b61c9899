// @ts-check
import { ask, socketTo } from './ask.js'
import { byId, element, row, say } from './dom.js'
import { explainDenial } from './why.js'

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
function routeRow(route) {
  const { method, path, of } = route
  const name = element('code', {}, `${method} ${path}`)
  const items = rulesOf(route).map(({ rule, outcome }) =>
    element('li', { className: outcome === 'pass' ? 'pass' : 'fail' }, `${rule} (${outcome})`),
  )
  if (of !== undefined) items.push(element('li', { className: 'meaning' }, `the owner is ${of}`))
  const button = element('button', { type: 'button', ariaLabel: `Call ${method} ${path}` }, 'Call')
  button.addEventListener('click', () => void call(route))
  return row(name, { Rules: element('ul', {}, ...items), 'Try it': button })
}

/** @param {ExplainedRoute} route */
function rulesOf({ rules }) {
  return rules.length > 0 ? rules : [{ rule: 'any verified caller', outcome: 'pass' }]
}

/** @param {ExplainedRoute} route */
async function call(route) {
  const { method, path } = route
  const target = path.replace('|', '%7C')
  const { status, requestId, body } = await (method === 'WebSocket'
    ? callSocket(target)
    : ask(target, requestOf(method)))
  const why = rulesOf(route).map(({ rule, outcome }) => `${outcome}: ${rule}`)
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  const response = byId('response')
  response.textContent = [`${method} ${path}`, `status ${status}`, ...why, text].join('\n')
  response.scrollIntoView({ block: 'nearest' })
  say(`${method} ${path} responded with ${status}.`)
  await explainDenial(status, requestId)
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
 * Opens a socket, says one thing, and returns the first frame. A browser tells scripts nothing of a rejected upgrade: a
 * plain request has the same response.
 *
 * @param {string} path
 * @returns {Promise<{ status: number, requestId: string, body: any }>}
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
  return { status: 101, requestId: '', body: `The socket is open. Its first frame:\n${frame}` }
}
