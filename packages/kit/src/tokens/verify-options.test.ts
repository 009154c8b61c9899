import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { checkOverrides, type VerifyOverrides } from './verify-options.ts'

describe('overrides of a verification', () => {
  it.each<VerifyOverrides>([
    {},
    { iss: 'https://issuer.test', aud: 'a', typ: 'at+jwt' },
    { aud: ['a', 'b'] },
    { leewaySeconds: 0 },
    { leewaySeconds: 0.5 },
    { leewaySeconds: 300 },
  ])('are taken: %j', (overrides) => {
    expect(() => checkOverrides(overrides)).not.toThrow()
  })

  it.each<[option: keyof VerifyOverrides, value: unknown, words: RegExp]>([
    ['iss', '', /^iss must be a non-empty string$/],
    ['iss', 7, /^iss must/],
    ['iss', null, /^iss must/],
    ['typ', '', /^typ must be a non-empty string$/],
    ['typ', ['JWT'], /^typ must/],
    ['aud', '', /^aud must be a non-empty string, or a list of them$/],
    ['aud', [], /^aud must/],
    ['aud', ['a', ''], /^aud must/],
    ['aud', ['a', 7], /^aud must/],
    ['aud', { length: 1 }, /^aud must/],
    ['leewaySeconds', -1, /^leewaySeconds must be a number from 0 to 300$/],
    ['leewaySeconds', 300.5, /^leewaySeconds must/],
    ['leewaySeconds', Number.NaN, /^leewaySeconds must/],
    ['leewaySeconds', Infinity, /^leewaySeconds must/],
    ['leewaySeconds', '60', /^leewaySeconds must/],
    ['leewaySeconds', null, /^leewaySeconds must/],
  ])('are rejected: %s of %j', (option, value, words) => {
    const check = (): void => checkOverrides({ [option]: value })
    expect(check).toThrow(ConfigError)
    expect(check).toThrow(words)
  })
})
