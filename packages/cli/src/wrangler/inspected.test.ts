import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { readInspected } from './inspected.ts'

/** What a line may quote: each of the three quotes, what ends a text, and what is escaped. */
const TEXTS = [
  '',
  'plain',
  "it's",
  `both ' and "`,
  'all \' " `',
  "', level: 'info",
  'back\\slash \\n',
  'new\nline, and so long that it is printed in parts, one for each of its lines\nand another',
  '\u0000\b\t\u000b\f\r\u001b[31m\u007f\u0085\u009b',
  '\ud800 alone',
  '\u202e\u2028 👩‍💻 ü',
  '${x} `y`',
  'a'.repeat(300),
]

it.each(TEXTS)('an object with %j is read as it was', (text) => {
  const line = { event: 'decision', schema: 1, detail: text, version: { id: text, tag: '' }, ms: 0.25 }
  expect(readInspected(inspect(line))).toEqual(line)
})

it('reads names in quotes, numbers, booleans and what is not set', () => {
  const line = {
    'a-b': -1.5,
    'x\u001b': 1e21,
    yes: true,
    no: false,
    none: null,
    gone: undefined,
    __proto: {},
  }
  expect(readInspected(inspect(line))).toEqual(line)
})

it.each([
  ['words before it', 'said { a: 1 }'],
  ['words after it', '{ a: 1 } said'],
  ['an array', inspect({ a: [1] })],
  ['an error', inspect({ a: new Error('no') })],
  ['another class', inspect({ a: new Map() })],
  ['objects deeper than a line has', '{ a: { b: { c: { d: { e: 1 } } } } }'],
  ['one that is cut', "{ a: 'b"],
  ['no comma', '{ a: 1 b: 2 }'],
  ['no text at all', '{'],
  ['more than a line has', `{ a: '${'x'.repeat(70_000)}' }`],
])('is none with %s', (_, text) => {
  expect(readInspected(text)).toBeUndefined()
})

it('never reaches a prototype', () => {
  const read = readInspected("{ __proto__: { isAdmin: true }, ['x']: 1 }")
  expect(read).toBeUndefined()
  const own = readInspected('{ __proto__: { isAdmin: true } }')
  expect(Object.keys(own ?? {})).toEqual(['__proto__'])
  expect((own as { isAdmin?: boolean } | undefined)?.isAdmin).toBeUndefined()
})
