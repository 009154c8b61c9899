/** What the linter is there to find in regular expressions is found, in every kind of file. */
import { join } from 'node:path'
import { ESLint, type Linter } from 'eslint'
import { expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'

/** With the rules of the repository that need no types. */
const { default: config } = (await import(join(ROOT, 'eslint.config.js'))) as {
  readonly default: Linter.Config[]
}
const rules = config.find(({ plugins }) => plugins?.regexp !== undefined)
const eslint = new ESLint({ cwd: ROOT, overrideConfigFile: true, overrideConfig: rules ? [rules] : [] })

async function found(code: string): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: 'any.js' })
  return result?.messages.map(({ ruleId }) => ruleId) ?? []
}

it('holds for every file, and as an error', () => {
  expect(rules?.files).toBeUndefined()
  expect(Object.values(rules?.rules ?? {}).flat()).toEqual(
    expect.arrayContaining(['error']) as readonly unknown[],
  )
})

it.each([
  ['an end that is looked for in a run', 'text.replace(/[ \\t]+$/, "")', 'no-super-linear-move'],
  ['the same among others', 'text.replace(/^\\s+|\\s+$/g, "")', 'no-super-linear-move'],
  ['a repetition within a repetition', '/^(a+)+$/.test(text)', 'no-super-linear-backtracking'],
  ['two repetitions of the same', '/^\\d*\\d*x$/.test(text)', 'no-super-linear-backtracking'],
])('%s is an error', async (_, code, rule) => {
  expect(await found(code)).toContain(`regexp/${rule}`)
})

it.each(['/^a+$/.test(text)', 'text.replace(/^\\s+/, "")', '/^(?:\\/[a-z]+)*$/.test(text)'])(
  '%s is none',
  async (code) => {
    expect(await found(code)).toEqual([])
  },
)
