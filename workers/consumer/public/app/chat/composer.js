// @ts-check
import { byId } from '../dom.js'

const form = /** @type {HTMLFormElement} */ (byId('composer'))
const field = /** @type {HTMLTextAreaElement} */ (byId('text'))
const send = /** @type {HTMLButtonElement} */ (byId('send'))

/**
 * Takes what the person writes.
 *
 * @param {(text: string) => boolean} onText returns whether it was sent
 * @param {() => void} onStop
 */
export function listen(onText, onStop) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const text = field.value.trim()
    if (text === '' || send.hidden || !onText(text)) return
    field.value = ''
    fit()
    field.focus()
  })
  field.addEventListener('input', fit)
  field.addEventListener('keydown', (event) => {
    // While a word is put together (IME), Enter ends the word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  byId('stop').addEventListener('click', onStop)
  for (const idea of byId('ideas').querySelectorAll('button')) {
    idea.addEventListener('click', () => {
      if (onText(idea.textContent ?? '')) field.focus()
    })
  }
}

/** @param {boolean} isAnswering */
export function showAnswering(isAnswering) {
  const hadFocus = document.activeElement === send || document.activeElement === byId('stop')
  send.hidden = isAnswering
  byId('stop').hidden = !isAnswering
  if (hadFocus) field.focus()
}

export function focusField() {
  field.focus()
}

/** As high as what is in it, within what the style allows. */
function fit() {
  field.rows = Math.min(6, field.value.split('\n').length + Math.floor(field.value.length / 70))
}
