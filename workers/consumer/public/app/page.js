// @ts-check
import { ask, reasonOf } from './ask.js'
import { explainToken } from './claims.js'
import { byId, element, say } from './dom.js'
import { rotate, showKeys } from './keys.js'
import { showMcp } from './mcp.js'
import { showRoutes } from './routes.js'

/** Returns the `sub` of whoever is logged in. @returns {Promise<string | undefined>} */
async function showAccount() {
  const { status, body } = await ask('/auth/profile')
  const isIn = status === 200
  byId('who').textContent = isIn ? `${body.name ?? body.sub} (${body.sub})` : 'You are not logged in.'
  byId('login').hidden = isIn
  byId('logout').hidden = !isIn
  byId('refresh').hidden = !isIn
  return isIn ? body.sub : undefined
}

/**
 * @param {string} id
 * @param {string} path
 * @param {boolean} isIn
 */
async function showToken(id, path, isIn) {
  const { status, body } = isIn ? await ask(path) : { status: 401, body: undefined }
  const why = status === 404 ? 'Shown in development only.' : 'Log in to see it.'
  const shown = status === 200 ? explainToken(body) : [element('p', { className: 'none' }, why)]
  byId(id).replaceChildren(...shown)
}

async function refreshSession() {
  const answer = await ask('/auth/refresh', { method: 'POST' })
  say(
    answer.status === 200
      ? `Auth0 gave new tokens; they last ${answer.body.expires_in} seconds.`
      : `The session could not be refreshed: ${reasonOf(answer)}`,
  )
  await show()
}

async function show() {
  const sub = await showAccount()
  const isIn = sub !== undefined
  await Promise.all([
    showToken('external', '/dev/token', isIn),
    showToken('internal', '/api/token', isIn),
    showRoutes(),
    showKeys(isIn),
    showMcp(),
  ])
}

async function rotateAndShow() {
  await rotate()
  await showToken('internal', '/api/token', true)
}

byId('rotate').addEventListener('click', () => void rotateAndShow())
byId('refresh').addEventListener('click', () => void refreshSession())
await show()
