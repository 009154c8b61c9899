import { describe, expect, it } from 'vitest'
import { type Choices, DEFAULTS } from './choices.ts'
import { render } from './template.ts'

const choices: Choices = { ...DEFAULTS, name: 'acme' }

it('takes the name of the project for its own', () => {
  expect(render('"name": "my-system-gateway", // my-system', choices)).toBe('"name": "acme-gateway", // acme')
})

it.each([
  ['//', ''],
  ['#', ''],
  ['<!--', ' -->'],
])('keeps lines between marks in comments that begin with %s when the condition holds', (begin, end) => {
  const text = ['a', `  ${begin} if: service${end}`, 'b', `${begin} end${end}`, 'c'].join('\n')
  expect(render(text, choices)).toBe('a\nb\nc')
  expect(render(text, { ...choices, service: false })).toBe('a\nc')
})

it('holds conditions within conditions', () => {
  const text = '// if: service\na\n// if: agents\nb\n// end\nc\n// end\nd'
  expect(render(text, { ...choices, agents: true })).toBe('a\nb\nc\nd')
  expect(render(text, choices)).toBe('a\nc\nd')
  expect(render(text, { ...choices, service: false, agents: true })).toBe('d')
})

it('leaves comments that only look like marks', () => {
  const text = '// if: service is down, wait\n// the end\n  //end'
  expect(render(text, choices)).toBe(text)
})

describe('a template with a mistake in it is an error', () => {
  it.each([
    ['a condition that is not known', '// if: nothing\n// end'],
    ['an end too many', '// if: service\n// end\n// end'],
    ['an end too few', '// if: service'],
  ])('%s', (_, text) => {
    expect(() => render(text, choices)).toThrow(/a template/)
  })
})

it('gives rate limiters ids that another project does not have', () => {
  const ids = (name: string) =>
    [...render('"namespace_id": "1001" "namespace_id": "1031"', { ...choices, name }).matchAll(/\d+/g)].map(
      Number,
    )
  const [first = 0, second = 0] = ids('acme')
  expect(second - first).toBe(30)
  expect(ids('acme')).toEqual([first, second])
  expect(ids('globex')[0]).not.toBe(first)
})
