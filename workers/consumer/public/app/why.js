// @ts-check
import { ask } from './ask.js'
import { byId, element } from './dom.js'

/**
 * What `sealgate why` says of a request.
 *
 * @typedef {{ who: string, rows: [name: string, text: string][] }} Hop
 * @typedef {{ reason: string, meaning: string, often?: string, todo: string }} Advice
 * @typedef {{ found: boolean, attempts: { headline: string, hops: Hop[] }[], advice: Advice[] }} Explanation
 */

/** Counts calls: what is said of an earlier one must not come over a later one's. */
let calls = 0

/**
 * Shows why a call was denied: its id everywhere, the explanation in development, where the logs are at hand.
 *
 * @param {number} status
 * @param {string} requestId
 */
export async function explainDenial(status, requestId) {
  const call = ++calls
  const isDenied = status >= 400 && requestId !== ''
  byId('why').hidden = !isDenied
  if (!isDenied) return
  byId('why-id').textContent = requestId
  byId('why-text').replaceChildren(note('Reading the log …'))
  const { status: found, body } = await ask(`/dev/why/${requestId}`)
  if (call !== calls) return
  byId('why-text').replaceChildren(
    ...(found === 200 ? explanation(body) : [note('Explained in development only.')]),
  )
}

/**
 * @param {Explanation} explanation
 * @returns {HTMLElement[]}
 */
function explanation({ found, attempts, advice }) {
  if (!found)
    return [note('Nothing was logged of it: only denials and failures are, unless LOG_LEVEL is debug.')]
  return [
    ...attempts.flatMap(({ headline, hops }) => [
      element('p', { className: 'fail' }, headline),
      ...hops.flatMap(({ who, rows }) => [element('h4', {}, who), pairs(rows)]),
    ]),
    element('h4', {}, 'What to do'),
    ...advice.map(({ reason, meaning, todo }) =>
      element('p', {}, element('code', {}, reason), ...withCode(`: ${meaning}. ${sentence(todo)}`)),
    ),
  ]
}

/** @param {[name: string, text: string][]} rows */
function pairs(rows) {
  return element(
    'dl',
    {},
    ...rows.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]),
  )
}

/** @param {string} text */
function note(text) {
  return element('p', { className: 'none' }, text)
}

/** @param {string} todo */
function sentence(todo) {
  return todo === '' ? 'Nothing is to be done.' : `${todo.charAt(0).toUpperCase()}${todo.slice(1)}.`
}

/**
 * Text with what stands between backticks as code.
 *
 * @param {string} text
 */
function withCode(text) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? element('code', {}, part) : part))
}
