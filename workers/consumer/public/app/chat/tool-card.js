// @ts-check
import { element } from '../dom.js'
import { toolOf } from './protocol.js'
import { denialOf, labelOf, standingOf, titleOf, visible } from './words.js'

/** @typedef {import('./protocol.js').Part} Part */

/**
 * A call of a tool as a card: what it is called with, and what became of it.
 *
 * @param {Part} part
 * @param {(approved: boolean) => boolean} decide called when the person decides; returns whether it was sent
 * @returns {HTMLElement}
 */
export function toolCard(part, decide) {
  const tool = toolOf(part)
  const { chip, look } = standingOf(part)
  const title = `tool-${part.toolCallId}`
  const card = element(
    'div',
    { className: `tool ${look}`, role: 'group' },
    element(
      'header',
      {},
      element('h2', { id: title }, titleOf(tool), ' ', element('code', {}, tool)),
      element('span', { className: 'chip' }, chip),
    ),
    ...(part.input === undefined ? [] : [members(part.input)]),
    ...(part.state === 'approval-requested' ? [question(tool, title, decide)] : result(part)),
  )
  card.setAttribute('aria-labelledby', title)
  return card
}

/** @param {string} tool @param {string} title the id of the card's title @param {(approved: boolean) => boolean} decide */
function question(tool, title, decide) {
  const yes = element('button', { type: 'button' }, 'Approve')
  const no = element('button', { type: 'button', className: 'quiet' }, 'Deny')
  for (const [button, approved] of /** @type {const} */ ([
    [yes, true],
    [no, false],
  ])) {
    button.setAttribute('aria-describedby', title)
    button.addEventListener('click', () => {
      // Once: the card is drawn anew when the Agent has it.
      yes.disabled = no.disabled = decide(approved)
    })
  }
  const words = `Shall the assistant do exactly this? Your yes is for these values of ${tool}, once, and ends after five minutes.`
  return element(
    'div',
    { className: 'question' },
    element('p', {}, words),
    element('div', { className: 'buttons' }, no, yes),
  )
}

/** @param {Part} part @returns {HTMLElement[]} */
function result({ state, input, output, errorText }) {
  if (state === 'output-error') return [note(errorText ?? 'It failed.')]
  if (state === 'output-denied') return [note('You said no, and nothing was done.')]
  if (state !== 'output-available') return []
  if (output?.denied === true) return [note(denialOf(output.reason))]
  if (output?.error !== undefined) return [note(String(output.error))]
  const news = typeof output === 'object' ? newIn(output, input) : output
  return Object.keys(news ?? {}).length === 0 ? [] : [members(news, 'result')]
}

/** What a result says that was not in the arguments. @param {any} output @param {any} input */
function newIn(output, input) {
  return Object.fromEntries(Object.entries(output ?? {}).filter(([name, value]) => value !== input?.[name]))
}

/** @param {string} text */
function note(text) {
  return element('p', { className: 'note' }, text)
}

/** What a value holds, by name. @param {any} value @param {string} [className] */
function members(value, className = '') {
  if (typeof value !== 'object' || value === null) return note(visible(String(value)))
  return element(
    'dl',
    { className },
    ...Object.entries(value).flatMap(([name, member]) => [
      element('dt', {}, visible(labelOf(name))),
      element('dd', {}, ...shown(member)),
    ]),
  )
}

/** @param {unknown} member @returns {(HTMLElement | string)[]} */
function shown(member) {
  if (Array.isArray(member)) {
    const items = member.map((one) =>
      element('li', {}, typeof one === 'object' ? members(one) : visible(String(one))),
    )
    return items.length === 0 ? ['none'] : [element('ul', {}, ...items)]
  }
  return typeof member === 'object' && member !== null ? [members(member)] : [visible(String(member))]
}
