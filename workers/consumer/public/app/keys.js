// @ts-check
import { ask, reasonOf } from './ask.js'
import { byId, element, row, say } from './dom.js'

/** @typedef {{ name: string, kid?: string, state: string, nbf?: number }} Slot */

/** The states of the gateway's slots, as they concern who reads the page. @type {ReadonlyMap<string, string>} */
const STATES = new Map([
  ['next', 'announced'],
  ['previous', 'published, does not sign'],
])

/** How long the page watches after a rotation, in seconds. */
const WATCH_SECONDS = 45

/**
 * The gateway's slots (in development), the JWK Set, and which of its keys the service has in its cache.
 *
 * @param {boolean} isIn whether somebody is logged in: the service responds to nobody else
 */
export async function showKeys(isIn) {
  const nothing = { status: 401, body: undefined }
  const [slots, keys] = await Promise.all([ask('/dev/keys'), isIn ? ask('/api/keys') : nothing])
  const isDevelopment = slots.status === 200
  byId('rotation').hidden = !isDevelopment || !isIn
  /** @type {{ kid: string }[]} */
  const published = keys.status === 200 ? keys.body.published.keys : []
  /** @type {string[] | undefined} */
  const cached = keys.status === 200 ? keys.body.cache.kids : undefined
  /** @type {Slot[]} */
  const listed = isDevelopment
    ? slots.body.slots
    : published.map(({ kid }) => ({ name: '', kid, state: 'published' }))
  byId('slots').replaceChildren(...listed.map((slot) => slotRow(slot, cached)))
  byId('no-keys').hidden = listed.length > 0
  byId('jwks').hidden = keys.status !== 200
  byId('jwks-text').textContent = JSON.stringify(keys.body?.published, null, 2)
}

/**
 * @param {Slot} slot
 * @param {string[] | undefined} cached
 */
function slotRow({ name, kid = '', state, nbf }, cached) {
  const since = nbf === undefined ? '' : new Date(nbf * 1000).toLocaleString()
  const known = cached === undefined ? 'log in to see' : cached.includes(kid) ? 'yes' : 'not yet'
  const shown = element(
    'span',
    { className: state === 'signing' ? 'signing' : '' },
    STATES.get(state) ?? state,
  )
  return row(element('code', {}, kid), {
    State: shown,
    'Signs from': since,
    "In the service's cache": known,
    Slot: name.replace(/ .*/, ''),
  })
}

/** Orders a rotation, and watches the service through it. */
export async function rotate() {
  const button = /** @type {HTMLButtonElement} */ (byId('rotate'))
  button.disabled = true
  try {
    const answer = await ask('/dev/rotate', { method: 'POST' })
    if (answer.status !== 200) {
      say(`The rotation was rejected: ${reasonOf(answer)}`)
      return
    }
    const { kid, activateInSeconds } = answer.body
    say(`The key ${kid} is announced; it signs in ${activateInSeconds} seconds.`)
    const rejected = await watch(kid, activateInSeconds)
    say(`The rotation is over: ${WATCH_SECONDS} calls, ${rejected} rejected.`)
  } finally {
    button.disabled = false
  }
}

/**
 * Calls the service once a second, and lists its responses: one line as long as it stays the same.
 *
 * @param {string} kid
 * @param {number} activateInSeconds
 * @returns {Promise<number>} how many calls were rejected
 */
async function watch(kid, activateInSeconds) {
  byId('ticks').replaceChildren()
  let rejected = 0
  let last = ''
  let repeated = 0
  for (let second = 1; second <= WATCH_SECONDS; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { status, body } = await ask('/api/token')
    if (status !== 200) rejected++
    const result = status === 200 ? `200, token signed by ${body.header.kid}` : `${status}, rejected`
    repeated = result === last ? repeated + 1 : 1
    if (result !== last) byId('ticks').append(element('li', {}))
    last = result
    const [line] = [...byId('ticks').children].slice(-1)
    if (line) line.textContent = `${result} (${repeated} ${repeated === 1 ? 'call' : 'calls'})`
    const left = activateInSeconds - second
    const news = left > 0 ? ` ${kid} signs in ${left} s.` : ''
    byId('watch').textContent = `${second} of ${WATCH_SECONDS} calls, ${rejected} rejected.${news}`
    if (second % 5 === 0) await showKeys(true)
  }
  await showKeys(true)
  return rejected
}
