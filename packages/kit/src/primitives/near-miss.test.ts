import { expect, it } from 'vitest'
import { isNearMiss } from './near-miss.ts'

it.each([
  ['abc', 'abcd'],
  ['abcd', 'abc'],
  ['abc', 'abx'],
  ['abc', 'acb'],
  ['abc', 'bac'],
  ['abc', 'abc'],
])('%s is a near miss of %s', (one, other) => {
  expect(isNearMiss(one, other)).toBe(true)
})

it.each([
  ['abc', 'abcde'],
  ['abc', 'axy'],
  ['abc', 'cba'],
  ['abcd', 'badc'],
  ['', 'ab'],
])('%s is no near miss of %s', (one, other) => {
  expect(isNearMiss(one, other)).toBe(false)
})
