// @ts-check
import { element } from '../dom.js'

/**
 * Text of a model with what it marks: paragraphs, lists, **bold** and `code`. All else stays text: no markup of it is ever
 * taken for the page's own, and no address in it is opened.
 *
 * @param {string} text
 * @returns {HTMLElement[]}
 */
export function richText(text) {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const lines = block.split('\n')
      const isList = lines.every((line) => /^[-*] /.test(line))
      return isList
        ? element('ul', {}, ...lines.map((line) => element('li', {}, ...marked(line.slice(2)))))
        : element('p', {}, ...marked(block))
    })
}

/** @param {string} text */
function marked(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((piece) => {
    if (/^\*\*[^*]+\*\*$/.test(piece)) return element('strong', {}, piece.slice(2, -2))
    if (/^`[^`]+`$/.test(piece)) return element('code', {}, piece.slice(1, -1))
    return piece
  })
}
