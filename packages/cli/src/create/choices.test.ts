import { describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { checkChoices, DEFAULTS, EXTRA_NAMES, EXTRAS, problemWithName } from './choices.ts'

describe('the name of a project', () => {
  it.each(['a', 'my-system', 'system2', '4you', 'a'.repeat(44)])('may be %s', (name) => {
    expect(problemWithName(name)).toBeUndefined()
  })

  it.each([
    ['My System', 'my-system'],
    ['my_system', 'my-system'],
    ['-system-', 'system'],
    ['Übersicht', 'bersicht'],
    ['a.b', 'a-b'],
  ])('is not %s, and %s is proposed', (name, proposal) => {
    expect(problemWithName(name)).toContain(`For example ${proposal}.`)
  })

  it.each(['', '日本', '--', 'a'.repeat(45)])('is not "%s"', (name) => {
    expect(problemWithName(name)).toBeDefined()
  })

  it('leaves room for the longest Worker’s name in a label of 63 characters', () => {
    const longest = 'a'.repeat(44)
    for (const worker of ['gateway', 'reports', ...EXTRA_NAMES.map((name) => EXTRAS[name].folder)]) {
      expect(`${longest}-${worker}-production`.length).toBeLessThanOrEqual(63)
    }
  })
})

it.each(EXTRA_NAMES)('%s does not go with a gateway alone', (member) => {
  const choices = { ...DEFAULTS, name: 'x', service: false, [member]: true }
  expect(() => checkChoices(choices)).toThrow(UsageError)
  expect(() => checkChoices(choices)).toThrow(`--${member}`)
})
