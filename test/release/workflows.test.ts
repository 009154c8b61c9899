/** The workflows parse, run nothing by a movable name, and may do no more than they must. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { expect, it } from 'vitest'
import { STEPS } from '../../bench/nightly/steps.ts'
import { ROOT } from '../support/project.ts'

const FOLDER = join(ROOT, '.github/workflows')
const workflows = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const)

it.each(workflows)('%s is YAML', async (_, text) => {
  expect(await format(text, { parser: 'yaml' })).not.toBe('')
})

it.each(workflows)('%s pins each action by its commit, with the version beside it', (_, text) => {
  const used = text.match(/uses:.*/g) ?? []
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter((line) => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual(
    [],
  )
})

it.each(workflows)(
  '%s grants nothing but by name, and no write but the identity of a release',
  (name, text) => {
    expect(text).toMatch(/^permissions: \{\}$/m)
    const writes = text.match(/^ +[\w-]+: write$/gm) ?? []
    expect(writes.map((line) => line.trim())).toEqual(name === 'release.yml' ? ['id-token: write'] : [])
  },
)

it.each(workflows)('%s puts nothing that others write into a shell', (_, text) => {
  const scripts = text.match(/run: (?:\|\n(?: {10,}.*\n)+|.*\n)/g) ?? []
  expect(scripts.filter((script) => /\$\{\{ *(?:github|inputs|needs)\./.test(script))).toEqual([])
})

it('runs every part of the long tests each week', () => {
  const [, parts = ''] = /part: \[([^\]]*)\]/.exec(readFileSync(join(FOLDER, 'nightly.yml'), 'utf8')) ?? []
  expect(parts.split(', ')).toEqual(STEPS.map(({ name }) => name))
})
