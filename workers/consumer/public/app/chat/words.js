// @ts-check

/**
 * Why a socket ended, in words, by its close code (RFC 6455 §7.4, and the gateway's own).
 *
 * @param {number} code
 * @returns {{ words: string, isFinal?: boolean, isAtOnce?: boolean }} final: another socket would end the same way; at
 *   once: a new one comes with a new token
 */
export function endOf(code) {
  switch (code) {
    case 4401:
      return { words: 'Your access was renewed or ended; connecting anew.', isAtOnce: true }
    case 4403:
      return { words: 'You may no longer use this chat (4403).', isFinal: true }
    case 1013:
    case 1011:
      return { words: 'The service has a problem.' }
    case 1012:
      return { words: 'The service restarts.' }
    default:
      return { words: navigator.onLine ? 'Not connected.' : 'You are offline.' }
  }
}

/** What tools do, for people. @type {ReadonlyMap<string, string>} */
const TOOLS = new Map([
  ['getWeather', 'Weather'],
  ['getTime', 'Time'],
  ['searchDocuments', 'Documents'],
  ['pay', 'Payment'],
])

/** @param {string} tool */
export function titleOf(tool) {
  return TOOLS.get(tool) ?? tool
}

/**
 * How a call of a tool stands: a word for the chip, and its look.
 *
 * @param {import('./protocol.js').Part} part
 * @returns {{ chip: string, look: 'busy' | 'good' | 'bad' | 'wait' }}
 */
export function standingOf({ state, output, approval }) {
  switch (state) {
    case 'approval-requested':
      return { chip: 'Needs your approval', look: 'wait' }
    case 'approval-responded':
      return approval?.approved === false
        ? { chip: 'Denied by you', look: 'bad' }
        : { chip: 'Approved, running', look: 'busy' }
    case 'output-denied':
      return { chip: 'Denied by you', look: 'bad' }
    case 'output-error':
      return { chip: 'Failed', look: 'bad' }
    case 'output-available':
      if (output?.denied === true) return { chip: 'Not allowed', look: 'bad' }
      return output?.error === undefined ? { chip: 'Done', look: 'good' } : { chip: 'Failed', look: 'bad' }
    default:
      return { chip: 'Running', look: 'busy' }
  }
}

/** Why a call was denied, by the reason that its result has. @type {ReadonlyMap<string, string>} */
const DENIALS = new Map([
  ['insufficient_rights', 'You do not have the right that this tool needs. Nothing was done.'],
  ['approval_missing', 'It needs your approval, and there is none. Nothing was done.'],
  ['approval_mismatch', 'What you approved was something else. Nothing was done.'],
  ['approval_used', 'This approval was used before. Nothing more was done.'],
  ['approval_expired', 'The approval came too late. Nothing was done; ask again.'],
  ['credentials_gone', 'You were idle for too long. Reload the page, and ask again.'],
])

/** @param {string} reason */
export function denialOf(reason) {
  return DENIALS.get(reason) ?? 'It was denied, and nothing was done.'
}

/** A member's name for people: `approvedBy` is `Approved by`. @param {string} name */
export function labelOf(name) {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * Text whose invisible characters are spelled out (`\u{202e}`): none of them hides, or turns round, what a person approves.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(
    /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
