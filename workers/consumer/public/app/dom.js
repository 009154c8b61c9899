// @ts-check

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return /** @type {T} */ (found)
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/**
 * A row of a table; its first cell names it.
 *
 * @param {Node | string} name
 * @param {Record<string, Node | string>} cells by column, in order
 */
export function row(name, cells) {
  const others = Object.entries(cells).map(([column, content]) => {
    const cell = element('td', {}, content)
    cell.dataset.column = column
    return cell
  })
  return element('tr', {}, element('th', { scope: 'row' }, name), ...others)
}

/** Tells what happened, to the eye and to a screen reader. @param {string} text */
export function say(text) {
  byId('status').textContent = text
}
