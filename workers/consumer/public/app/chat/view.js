// @ts-check
import { byId, element } from '../dom.js'
import { toolOf } from './protocol.js'
import { richText } from './rich-text.js'
import { toolCard } from './tool-card.js'

/** @typedef {import('./protocol.js').Message} Message */
/** @typedef {import('./protocol.js').Part} Part */

/** How far from its end one may be and still be taken along, in pixels. */
const NEAR_END = 80

const list = byId('messages')
const scroll = byId('scroll')

/** Whether its end is in sight: then it stays there, whatever comes or however the window changes. */
let isAtEnd = true
scroll.addEventListener('scroll', () => {
  isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END
})
new ResizeObserver(keepEnd).observe(scroll)

function keepEnd() {
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight
}

/** What is drawn of each part, and how the part read then. @type {WeakMap<Element, string>} */
const drawn = new WeakMap()

/**
 * Draws the conversation; what stays as it was is left alone, so that a focus or a selection in it stays too.
 *
 * @param {readonly Message[]} messages
 * @param {boolean} isAnswering
 * @param {(part: Part, approved: boolean) => boolean} decide
 */
export function draw(messages, isAnswering, decide) {
  byId('empty').hidden = messages.length > 0
  byId('forget').hidden = messages.length === 0
  for (const [index, message] of messages.entries()) drawMessage(index, message, decide)
  while (list.children.length > messages.length) list.lastElementChild?.remove()
  const last = messages.at(-1)
  list.classList.toggle(
    'thinking',
    isAnswering && !(last?.role === 'assistant' && last.parts.some(isVisible)),
  )
  keepEnd()
}

export function scrollToEnd() {
  isAtEnd = true
  keepEnd()
}

/** @param {number} index @param {Message} message @param {(part: Part, approved: boolean) => boolean} decide */
function drawMessage(index, message, decide) {
  const parts = message.parts.filter(isVisible)
  let item = list.children[index]
  if (item?.className !== `message ${message.role}`) {
    const made = element(
      'li',
      { className: `message ${message.role}` },
      element('span', { className: 'hidden' }, message.role === 'user' ? 'You: ' : 'Assistant: '),
      element('div', { className: 'parts' }),
    )
    if (item) item.replaceWith(made)
    else list.append(made)
    item = made
  }
  const holder = /** @type {Element} */ (item.lastElementChild)
  for (const [at, part] of parts.entries()) {
    const reading = JSON.stringify(part)
    const present = holder.children[at]
    if (present && drawn.get(present) === reading) continue
    const made = drawPart(part, (approved) => decide(part, approved))
    drawn.set(made, reading)
    if (present) present.replaceWith(made)
    else holder.append(made)
  }
  while (holder.children.length > parts.length) holder.lastElementChild?.remove()
}

/** @param {Part} part @param {(approved: boolean) => boolean} decide */
function drawPart(part, decide) {
  if (toolOf(part) !== '') return toolCard(part, decide)
  const className = part.state === 'streaming' ? 'text streaming' : 'text'
  return element('div', { className }, ...richText(part.text ?? ''))
}

/** @param {Part} part */
function isVisible(part) {
  return toolOf(part) !== '' || (part.type === 'text' && part.text !== '')
}
