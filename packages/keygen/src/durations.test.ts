import { describe, expect, it } from 'vitest'
import { readDuration } from './durations.ts'
import { UsageError } from './errors.ts'

describe('readDuration', () => {
  it.each([
    ['0s', 0],
    ['90s', 90],
    ['10m', 600],
    ['2h', 7200],
    ['90d', 7_776_000],
    ['36525d', 3_155_760_000],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(readDuration(text, 'activate-in')).toBe(seconds)
  })

  it.each([
    '',
    '10',
    'm',
    '10M',
    '10 m',
    '-10m',
    '1.5h',
    '10m5s',
    '1w',
    '1e3s',
    '36526d',
    '9999999999999s',
    '１０m',
  ])('rejects %j and says what to type', (text) => {
    expect(() => readDuration(text, 'expires-in')).toThrow(UsageError)
    expect(() => readDuration(text, 'expires-in')).toThrow(/type --expires-in=90d$/)
  })
})
