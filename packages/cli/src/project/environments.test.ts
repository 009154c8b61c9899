import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { environmentsOf, readEnvironment } from './environments.ts'
import type { Project } from './find-project.ts'

const folder = mkdtempSync(join(tmpdir(), 'environments-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A project of a gateway alone, with these environments. */
function projectWith(...names: readonly string[]): Project {
  const config = join(folder, 'wrangler.jsonc')
  const env = Object.fromEntries(names.map((name) => [name, { name: `edge-${name}` }]))
  writeFileSync(config, JSON.stringify({ name: 'edge', main: 'index.ts', env }))
  return { gateway: { name: 'gateway', config } } as Project
}

it('an environment may have any name that wrangler takes, as a team has it', () => {
  const names = ['prod', 'test', 'eu-west', 'qa_2']
  const project = projectWith(...names)
  expect(environmentsOf(project.gateway)).toEqual(names)
  for (const name of names) expect(readEnvironment(project, name)).toBe(name)
})

it('says which there are for one that there is not, and for none', () => {
  const project = projectWith('prod', 'test')
  for (const [name, problem] of [
    ['production', 'There is no environment production: --env prod or --env test'],
    ['toString', 'There is no environment toString: --env prod or --env test'],
    [undefined, 'Say which environment: --env prod or --env test'],
  ] as const) {
    expect(() => readEnvironment(project, name)).toThrow(UsageError)
    expect(() => readEnvironment(project, name)).toThrow(problem)
  }
  expect(() => readEnvironment(projectWith(), 'prod')).toThrow(/wrangler\.jsonc has no "env"/)
})
