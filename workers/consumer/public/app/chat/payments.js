// @ts-check
import { ask } from '../ask.js'
import { byId, element } from '../dom.js'

/**
 * A payment, as the service keeps it.
 *
 * @typedef {object} Payment
 * @property {string} id
 * @property {string} to
 * @property {number} amount
 * @property {string} currency
 * @property {number} at in milliseconds since 1970
 * @property {string} agent
 * @property {string} [approvedBy]
 * @property {string} [txn]
 * @property {boolean} hasReceipt
 */

const panel = /** @type {HTMLDetailsElement} */ (byId('payments'))
/** Beside the conversation there is room for it. */
const wide = matchMedia('(min-width: 64rem)')

const openWhenWide = () => {
  panel.open = wide.matches
}
wide.addEventListener('change', openWhenWide)
openWhenWide()

/** Shows what the payment service keeps of this person. */
export async function showPayments() {
  const { status, body } = await ask('/api/payments')
  /** @type {Payment[]} */
  const payments = status === 200 ? body.payments : []
  byId('payments-list').replaceChildren(...payments.map(item))
  byId('payments-none').hidden = payments.length > 0
  byId('payments-count').textContent = payments.length > 0 ? String(payments.length) : ''
}

/** @param {Payment} payment */
function item({ id, to, amount, currency, at, agent, approvedBy, txn, hasReceipt }) {
  const sum = new Intl.NumberFormat([], { style: 'currency', currency }).format(amount)
  const when = new Date(at)
  const time = element(
    'time',
    { dateTime: when.toISOString() },
    when.toLocaleString([], { timeStyle: 'short', dateStyle: 'short' }),
  )
  const receipt = element(
    'a',
    { href: `/api/payments/${id}/receipt`, download: `receipt-${id}.json` },
    'Receipt',
  )
  receipt.setAttribute('aria-label', `Receipt for ${sum} to ${to}`)
  return element(
    'li',
    {},
    element('p', { className: 'sum' }, element('strong', {}, sum), ` to ${to}`),
    approvedBy === undefined
      ? element('p', { className: 'note' }, 'Small enough to need no approval.')
      : facts({ 'Approved by': approvedBy, 'Through the agent': agent, Transaction: txn ?? '' }),
    element('p', { className: 'foot' }, time, ...(hasReceipt ? [receipt] : [])),
  )
}

/** @param {Record<string, string>} pairs */
function facts(pairs) {
  return element(
    'dl',
    {},
    ...Object.entries(pairs).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  )
}
