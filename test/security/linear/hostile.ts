/** Texts that make a careless parser go back and forth, of any size: printable ASCII, so that a header can hold them. */

/** Whole units: half of one at the end would be another kind of text at some sizes. */
const repeated = (text: string, size: number): string => text.repeat(Math.floor(size / text.length))

/** What is repeated, by name. */
const UNITS: Readonly<Record<string, string>> = {
  letters: 'a',
  digits: '1',
  spaces: ' ',
  commas: ',',
  'commas and spaces': ', ',
  semicolons: ';',
  'equals signs': '=',
  dots: '.',
  hyphens: '-',
  slashes: '/',
  'percent signs': '%',
  'encoded spaces': '%20',
  quotes: '"',
  backslashes: '\\',
  'open brackets': '[',
  'open objects': '{"a":',
  'equal parameters': 'a=1&',
  'equal cookies': 'a=1; ',
  'dot segments': '/..',
  segments: '/a',
  words: 'a b ',
}

/** A shape of hostile text. */
export interface Shape {
  readonly name: string
  of(size: number): string
}

/** Each run as it is, and before an end that fits nowhere: what matched so far is tried again from each place. */
export const SHAPES: readonly Shape[] = Object.entries(UNITS).flatMap(([name, unit]) => [
  { name, of: (size) => repeated(unit, size) },
  { name: `${name}, then a bad end`, of: (size) => `x${repeated(unit, size - 2)}!` },
])

/** A few of them, for parsers that share their mechanism with others. */
export const FEW_SHAPES: readonly Shape[] = SHAPES.filter(({ name }) =>
  /^(letters|spaces|commas|open brackets)\b(?! and)/.test(name),
)
