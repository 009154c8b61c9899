/** Control characters, what ends a line besides, and what turns the direction of writing (Unicode UAX #9 §2). */
const NOT_PRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

/** What lines of a terminal may have: their ends, tabs and colours. */
// eslint-disable-next-line no-control-regex
const OF_LINES = /(\n|\t|\u001b\[[\d;]*m)/

/**
 * Text on one line of a terminal, whoever wrote it: no part of it moves the cursor, sets a title or passes for another line.
 */
export function printable(text: string): string {
  return text.replace(NOT_PRINTABLE, '�')
}

/** The same for text of several lines, which may be coloured. */
export function printableLines(text: string): string {
  // Every second part is what stood between.
  return text
    .split(OF_LINES)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('')
}

/** A value as JSON over several lines. What a terminal would act on is escaped: it reads as the same value. */
export function printableJson(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 2).split('\n')
  return lines.map((line) => line.replace(NOT_PRINTABLE, escaped)).join('\n')
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
