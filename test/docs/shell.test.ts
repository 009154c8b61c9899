import { expect, it } from 'vitest'
import { commandsOf } from './shell.ts'

it.each<[code: string, commands: readonly string[][]]>([
  [
    'npm ci && npm start   # a comment',
    [
      ['npm', 'ci'],
      ['npm', 'start'],
    ],
  ],
  ["a --b='c d' \\\n  | e\nf", [['a', '--b=c d'], ['e'], ['f']]],
  [
    'TOKEN=$(curl -s "http://x/$(id)") && echo $TOKEN',
    [['id'], ['curl', '-s', 'http://x/SUBSTITUTED'], ['echo', '$TOKEN']],
  ],
  [
    'a "$(date +%F)#x" > file.txt',
    [
      ['date', '+%F'],
      ['a', 'SUBSTITUTED#x'],
    ],
  ],
  ['# nothing but a comment', []],
])('reads %j', (code, commands) => {
  expect(commandsOf(code)).toEqual(commands)
})

it.each(['a "b', 'a $(b'])('rejects %j', (code) => {
  expect(() => commandsOf(code)).toThrow('not closed')
})
