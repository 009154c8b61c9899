import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { endpointSetting, readSecret, secretSetting, textSetting, variableOf } from './sink-settings.ts'

it('a variable that is empty or null is unset', () => {
  expect([variableOf({ A: '' }, 'A'), variableOf({ A: null }, 'A'), variableOf({}, 'A')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect([variableOf({ A: 'a' }, 'A'), variableOf({ A: 0 }, 'A')]).toEqual(['a', 0])
})

it('a text is text, or not set', () => {
  expect([textSetting('a', 'LABEL'), textSetting(undefined, 'LABEL')]).toEqual(['a', undefined])
  for (const value of [7, null, {}])
    expect(() => textSetting(value, 'LABEL')).toThrow(new ConfigError('LABEL must be text'))
})

describe('a secret', () => {
  it('is text, or what a Secrets Store has; or not set', async () => {
    const stored = { get: () => Promise.resolve('stored') }
    expect([secretSetting(undefined, 'LABEL'), secretSetting('a', 'LABEL')]).toEqual([undefined, 'a'])
    expect(secretSetting(stored, 'LABEL')).toBe(stored)
    expect(await readSecret('a', 'LABEL')).toBe('a')
    expect(await readSecret(stored, 'LABEL')).toBe('stored')
  })

  it.each([[7], [null], [{}], [{ get: 'canary' }]])('is not %j', (value) => {
    expect(() => secretSetting(value, 'LABEL')).toThrow(
      new ConfigError('LABEL must be text, or a Secrets Store binding'),
    )
  })

  it.each([[7], [null], [undefined], [{}]])('cannot be %j when it is read', async (value) => {
    const reading = readSecret({ get: () => Promise.resolve(value) }, 'LABEL')
    await expect(reading).rejects.toThrow(new ConfigError('LABEL gave no text when read'))
  })
})

describe('the address of a receiver', () => {
  it.each(['https://a.test/x?y', 'http://127.0.0.1:4318/', 'http://localhost/', 'https://localhost/'])(
    'may be %s',
    (text) => {
      expect(endpointSetting(text, 'LABEL').href).toBe(text)
    },
  )

  it.each([
    ['a.test/x', 'LABEL must be a URL such as https://otlp.example.com'],
    ['http://a.test', 'LABEL must begin with https://, or with http:// on loopback'],
    ['ws://127.0.0.1', 'LABEL must begin with https://, or with http:// on loopback'],
    ['https://a@a.test', 'LABEL must have no user name and password: send them as headers'],
    ['https://:b@a.test', 'LABEL must have no user name and password: send them as headers'],
  ])('is not %s', (text, problem) => {
    expect(() => endpointSetting(text, 'LABEL')).toThrow(new ConfigError(problem))
  })
})
