// @ts-check
import { explainToken } from './claims.js'

/** How long the page watches after a rotation, in seconds. */
const WATCH_SECONDS = 45

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
function byId(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return /** @type {T} */ (found)
}

/** @param {string} text */
function say(text) {
  byId('status').textContent = text
}

/**
 * Asks this origin. Nothing is stored, and no token is in a script's hands.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<{ status: number, body: any }>}
 */
async function ask(path, init = {}) {
  const response = await fetch(path, { ...init, headers: { Accept: 'application/json', ...init.headers } })
  const text = await response.text()
  try {
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  } catch {
    return { status: response.status, body: text }
  }
}

async function showAccount() {
  const { status, body } = await ask('/auth/profile')
  const isIn = status === 200
  byId('who').textContent = isIn ? `${body.name ?? body.sub} (${body.sub})` : 'You are not logged in.'
  byId('login').hidden = isIn
  byId('logout').hidden = !isIn
  byId('refresh').hidden = !isIn
  return isIn
}

/**
 * @param {string} id
 * @param {string} path
 */
async function showToken(id, path) {
  const { status, body } = await ask(path)
  if (status === 200) byId(id).replaceChildren(explainToken(body))
  else
    byId(id).replaceChildren(paragraph(status === 404 ? 'Shown in development only.' : 'Log in to see it.'))
}

/** @param {string} text */
function paragraph(text) {
  const element = document.createElement('p')
  element.className = 'none'
  element.textContent = text
  return element
}

async function showRules() {
  const { status, body } = await ask('/api/decisions')
  const rows = status === 200 ? body.decisions : []
  byId('rules').replaceChildren(...rows.map(ruleRow))
}

/** @param {{ method: string, path: string, rules: { rule: string, outcome: string }[] }} decision */
function ruleRow({ method, path, rules }) {
  const row = document.createElement('tr')
  const name = document.createElement('th')
  name.scope = 'row'
  const code = document.createElement('code')
  code.textContent = `${method} ${path}`
  name.append(code)
  const explained = document.createElement('ul')
  const listed = rules.length > 0 ? rules : [{ rule: 'any verified caller', outcome: 'pass' }]
  for (const { rule, outcome } of listed) {
    const item = document.createElement('li')
    item.className = outcome === 'pass' ? 'pass' : 'fail'
    item.textContent = `${rule} (${outcome})`
    explained.append(item)
  }
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Call'
  button.setAttribute('aria-label', `Call ${method} ${path}`)
  button.addEventListener('click', () => void call(method, path))
  const cells = [explained, button].map((content) => {
    const cell = document.createElement('td')
    cell.append(content)
    return cell
  })
  row.append(name, ...cells)
  return row
}

/**
 * @param {string} method
 * @param {string} path
 */
async function call(method, path) {
  const sends = method === 'PUT'
  const { status, body } = await ask(path.replace('|', '%7C'), {
    method,
    ...(sends && {
      body: JSON.stringify({ displayName: 'Ada' }),
      headers: { 'Content-Type': 'application/json' },
    }),
  })
  byId('answer').textContent = `${method} ${path}\n${status}\n${JSON.stringify(body, null, 2)}`
  say(`${method} ${path} answered ${status}.`)
}

async function showKeys() {
  const { status, body } = await ask('/dev/keys')
  byId('rotation').hidden = status !== 200
  const published = status === 200 ? { body: null } : await ask('/.well-known/jwks.json')
  const slots =
    status === 200
      ? body.slots
      : (published.body?.keys ?? []).map((/** @type {{ kid: string }} */ { kid }) => ({
          name: '',
          kid,
          state: 'published',
        }))
  byId('slots').replaceChildren(...slots.map(slotRow))
}

/** @param {{ name: string, kid?: string, state: string, nbf?: number }} slot */
function slotRow({ name, kid, state, nbf }) {
  const row = document.createElement('tr')
  const since = nbf === undefined ? '' : new Date(nbf * 1000).toLocaleTimeString()
  for (const text of [name.replace(/ .*/, ''), kid ?? '', state, since]) {
    const cell = document.createElement('td')
    cell.textContent = text
    row.append(cell)
  }
  return row
}

async function rotate() {
  const button = /** @type {HTMLButtonElement} */ (byId('rotate'))
  button.disabled = true
  const { status, body } = await ask('/dev/rotate', { method: 'POST' })
  if (status !== 200) {
    say(`The rotation was refused: ${body?.error_description ?? status}`)
    button.disabled = false
    return
  }
  say(`The key ${body.kid} is announced; it signs in ${body.activateInSeconds} seconds.`)
  byId('ticks').replaceChildren()
  let refused = 0
  for (let second = 1; second <= WATCH_SECONDS; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const answer = await ask('/api/token')
    if (answer.status !== 200) refused++
    const tick = document.createElement('li')
    tick.textContent = `${answer.status} · signed by ${answer.body?.header?.kid ?? 'nobody'}`
    byId('ticks').append(tick)
    if (second % 5 === 0) await showKeys()
    byId('watch').textContent = `${second} calls, ${refused} refused.`
  }
  say(`The rotation is over: ${WATCH_SECONDS} calls, ${refused} refused.`)
  await Promise.all([showKeys(), showToken('internal', '/api/token')])
  button.disabled = false
}

async function refreshSession() {
  const { status, body } = await ask('/auth/refresh', { method: 'POST' })
  say(
    status === 200
      ? `Auth0 gave new tokens; they last ${body.expires_in} seconds.`
      : `The session could not be refreshed: ${body?.error_description ?? status}`,
  )
  await show()
}

async function show() {
  const isIn = await showAccount()
  await Promise.all([
    ...(isIn ? [showToken('external', '/dev/token'), showToken('internal', '/api/token')] : []),
    showRules(),
    showKeys(),
  ])
}

byId('rotate').addEventListener('click', () => void rotate())
byId('refresh').addEventListener('click', () => void refreshSession())
await show()
