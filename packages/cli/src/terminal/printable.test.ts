import { expect, it, vi } from 'vitest'
import { printable, printableJson, printableLines } from './printable.ts'
import { sayOnStderr } from './say.ts'

/** What others may write: a title, an empty screen, a line of ours, a turned direction. */
const HOSTILE = [
  '\u001b]0;t\u0007',
  '\u001b[2J\u001b[H',
  '\u009b2J',
  'a\rb',
  '\u202eb',
  '\u2028',
  '\u0000\u007f',
]

it.each(HOSTILE)('no text moves the cursor or turns the line: %j', (text) => {
  for (const shown of [printable(text), printableLines(text)]) {
    expect(shown).toContain('�')
    expect(shown).not.toMatch(/[^\P{Cc}\n\t]|[\u2028\u202e]/u)
  }
})

it('leaves lines, tabs and colours of several lines, and what people write', () => {
  const text = '\u001b[1;31mno\u001b[0m\tà 日本 👩‍💻\nyes'
  expect(printableLines(text)).toBe(text)
  expect(printable('à 日本 👩‍💻')).toBe('à 日本 👩‍💻')
})

it('whatever is said is such text: errors quote services, gateways and wrangler', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  sayOnStderr('it said \u001b[2Jall is well\nnext')
  expect(write.mock.calls).toEqual([['it said �[2Jall is well\nnext\n']])
  write.mockRestore()
})

it.each(HOSTILE)('JSON with %j in it is the same value, and moves nothing', (text) => {
  const value = { [text]: [text], a: 'à 日本' }
  expect(JSON.parse(printableJson(value))).toEqual(value)
  expect(printableJson(value)).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u)
  expect(printableJson(value)).toContain('à 日本')
})
