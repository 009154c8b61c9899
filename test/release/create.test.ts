/** `npm create sealgate` as its users have it: from the packed tarballs, in an empty folder outside the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PATIENT_VITEST } from '../support/setup/patience.ts'
import { Registry, type Result, type TeamProject } from '../support/team-project.ts'

let registry: Registry
beforeAll(async () => {
  registry = await Registry.make()
})
afterAll(() => registry.remove())

const good = ({ code, stdout, stderr }: Result): void => expect(code, stdout + stderr).toBe(0)

describe('npm create sealgate', () => {
  it('lists the files, and writes none, with --dry-run', async () => {
    const { code, stdout, stderr } = await registry.create('shown', '--yes', '--dry-run')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['.gitignore', 'gateway/index.ts', 'services/reports/index.ts']),
    )
    expect(existsSync(join(registry.folder, 'shown'))).toBe(false)
  })

  it('prints what it made as JSON', async () => {
    const { stdout } = await registry.create(
      'told',
      '--yes',
      '--no-install',
      '--no-git',
      '--json',
      '--algorithm',
      'HS512',
    )
    const folder = join(registry.folder, 'told')
    expect(JSON.parse(stdout)).toMatchObject({
      folder,
      choices: { name: 'told', service: true, algorithm: 'HS512', agents: false, mcp: false },
      installed: false,
      git: false,
      next: ['cd told', 'npm install', 'npm start'],
    })
    expect(existsSync(join(folder, 'gateway/wrangler.jsonc'))).toBe(true)
  })

  it.each([
    ['no folder', [], 'Name a folder'],
    [
      'no answer to a prompt',
      ['new', '--service'],
      'Give --yes for the defaults, or --algorithm EdDSA|HS512, --agents',
    ],
    ['a name that no Worker can have', ['My_System', '--yes'], 'For example my-system.'],
    ['an algorithm that there is not', ['new', '--yes', '--algorithm', 'RS256'], 'EdDSA, HS512'],
    [
      'Agents with the gateway alone',
      ['new', '--yes', '--no-service', '--agents'],
      '--agents adds a service',
    ],
    ['a folder that is not empty', ['.', '--yes', '--name', 'new'], 'is not empty: it has'],
  ])('with %s says what to do, exits 2, and writes nothing', async (_, args, problem) => {
    const before = readdirSync(registry.folder)
    const { code, stdout, stderr } = await registry.create(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(problem)
    expect(readdirSync(registry.folder)).toEqual(before)
  })

  it('is sealgate create too', async () => {
    for (const help of [await registry.create('--help'), await registry.sealgate('create', '--help')]) {
      good(help)
      for (const flag of [
        '--no-service',
        '--algorithm',
        '--agents',
        '--mcp',
        '--yes',
        '--dry-run',
        '--json',
      ]) {
        expect(help.stdout).toContain(flag)
      }
    }
  })
})

it('sealgate says what it lacks where there is no wrangler', async () => {
  expect(await registry.sealgate('slots')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'sealgate needs wrangler beside it: npm install --save-dev wrangler\n',
  })
})

describe.each([
  ['by default', []],
  ['with the gateway alone', ['--no-service']],
  ['with Agents and HS512', ['--agents', '--algorithm', 'HS512']],
])('a project %s', (what, flags) => {
  let project: TeamProject
  beforeAll(async () => {
    project = await registry.createLinked(what.replace(/\W/g, '-').toLowerCase(), ...flags)
  })

  it('has types without an error', async () => {
    good(await project.run('typescript/bin/tsc'))
  })

  it('passes its own tests', async () => {
    const result = await project.run(
      'vitest/vitest.mjs',
      'run',
      'test/gateway.test.ts',
      'test/reports.test.ts',
      ...PATIENT_VITEST,
    )
    good(result)
    expect(result.stdout).toMatch(/Tests .*\d passed/)
  })
})

it.each(['gateway', 'services/reports'])('the %s of a project would be deployed', async (worker) => {
  const project = await registry.createLinked(worker.replace('/', '-'))
  const config = `${worker}/wrangler.jsonc`
  const flags = ['--dry-run', '--config', config, '--env', 'production']
  const result = await project.run('wrangler/bin/wrangler.js', 'deploy', ...flags)
  good(result)
  expect(result.stdout).toContain('Total Upload')
})

it('a project holds no code of ours but the five lines', async () => {
  const { folder } = await registry.createLinked('lines')
  expect(
    readFileSync(join(folder, 'gateway/index.ts'), 'utf8').trim().split('\n').filter(Boolean),
  ).toHaveLength(5)
})
