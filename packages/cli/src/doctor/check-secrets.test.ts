import { expect, it } from 'vitest'
import { wrappingOf } from './check-secrets.ts'

it.each([
  ['abc\n', 'ends with a line break'],
  ['abc\r\n', 'ends with a line break'],
  ['\nabc', 'begins with a line break'],
  [' abc', 'has a space at one of its ends'],
  ['"abc"', 'has quotes around it'],
  ["'abc'", 'has quotes around it'],
  ['{"kty":"OKP",\n"crv":"Ed25519"}', undefined],
  ['a"b', undefined],
  ['"', undefined],
  ['', undefined],
])('tells of the secret %j what came along with it', (value, problem) => {
  expect(wrappingOf(value)).toBe(problem)
})
