/** The workflows parse, run nothing by a movable name, and may do no more than they must. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, it } from 'vitest'
import { rotationWorkflow, UsageError } from 'sealgate/internal'
import { STEPS } from '../../bench/nightly/steps.ts'
import { ROOT } from '../support/root.ts'

const FOLDER = join(ROOT, '.github/workflows')
const workflows = [
  ...readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const),
  ['what sealgate rotate --workflow prints', rotationWorkflow('production')] as const,
]

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
  const scripts = text.match(/run: (?:\|\n(?: {10}.*\n)+|.*\n)/g) ?? []
  expect(scripts.filter((script) => /\$\{\{ *(?:github|inputs|needs)\./.test(script))).toEqual([])
})

describe('the rotation of a team', () => {
  const text = rotationWorkflow('production')

  it('never runs twice at once, and asks nobody but the GitHub environment', () => {
    expect(text).toMatch(/^concurrency:\n {2}group: rotate-production\n {2}cancel-in-progress: false$/m)
    expect(text).toMatch(/^ {4}environment: production$/m)
    expect(text).toMatch(/^ {6}- run: npx sealgate rotate production --yes$/m)
  })

  it('gets its secrets by variables, and no more of them than it needs', () => {
    expect(text.match(/secrets\.\w+/g)).toEqual([
      'secrets.CLOUDFLARE_API_TOKEN',
      'secrets.CLOUDFLARE_ACCOUNT_ID',
      'secrets.SEALGATE_OPERATOR_KEY',
    ])
  })

  it('is made for no name that would be more than a word', () => {
    expect(() => rotationWorkflow('a; curl x')).toThrow(UsageError)
  })
})

describe('the release', () => {
  const text = readFileSync(join(FOLDER, 'release.yml'), 'utf8')
  const jobs = new Map(
    text
      .slice(text.indexOf('\njobs:'))
      .replaceAll(/^ *#.*\n/gm, '')
      .split(/^ {2}(?=[a-z]+:$)/m)
      .slice(1)
      .map((job) => [job.slice(0, job.indexOf(':')), job]),
  )
  const privileged = [...jobs].filter(([, job]) => job.includes('id-token: write'))
  const publish = privileged[0]?.[1] ?? ''

  it('gives its identity to the one job that publishes, behind the reviewers of its environment', () => {
    expect([...jobs.keys()]).toEqual(['look', 'check', 'pack', 'publish'])
    expect(privileged.map(([name]) => name)).toEqual(['publish'])
    expect([...jobs].filter(([, job]) => job.includes('npm publish')).map(([name]) => name)).toEqual([
      'publish',
    ])
    expect(publish).toMatch(/^ {4}environment: npm$/m)
  })

  it('runs no code of this repository or its dependencies where it has that identity', () => {
    const actions = [...publish.matchAll(/uses: ([\w/-]+)@/g)].map(([, action]) => action)
    expect(actions).toEqual(['actions/setup-node', 'actions/download-artifact'])
    const scripts = [...publish.matchAll(/run: \|\n((?: {10}.*\n)+)|run: (.*)/g)].map(([, block, line]) =>
      (block ?? line ?? '').split('\n').map((one) => one.trim()),
    )
    expect(scripts).toEqual([
      [
        'for tarball in tarballs/*.tgz; do',
        'npm publish "./$tarball" --ignore-scripts --provenance --access public',
        'done',
        '',
      ],
    ])
  })

  it('publishes every package of npm’s', () => {
    const [, listed = ''] = /for path in (packages\/[^;]*); do/.exec(text) ?? []
    const folders = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`)
    const packages = folders.filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    expect(listed.split(' ').sort()).toEqual(packages.sort())
  })

  it('writes the addresses that only it knows into what it packs', () => {
    expect(jobs.get('pack')).toMatch(/"repository\.url=.*\n.*"homepage=.*"bugs\.url=/)
  })

  it('tests and packs what it publishes, and runs no script of a dependency to install it', () => {
    expect(publish).toMatch(/^ {4}needs: pack$/m)
    expect(jobs.get('pack')).toMatch(/^ {4}needs: \[look, check\]$/m)
    expect(jobs.get('pack')).toContain('npm ci --ignore-scripts')
    expect(jobs.get('pack')).toContain('npm pack --workspace "$path" --ignore-scripts')
  })
})

it('runs every part of the long tests each week', () => {
  const [, parts = ''] = /part: \[([^\]]*)\]/.exec(readFileSync(join(FOLDER, 'nightly.yml'), 'utf8')) ?? []
  expect(parts.split(', ')).toEqual(STEPS.map(({ name }) => name))
})

it('runs every test that is left to the night in one of its parts', () => {
  const files = globSync('{test,bench,packages/cli/src}/**/*.nightly.test.ts', { cwd: ROOT })
  expect(files.length).toBeGreaterThan(5)
  const filters = STEPS.flatMap(({ args }) => args.filter((arg) => arg.startsWith('test/')))
  expect(files.filter((file) => !filters.some((filter) => file.startsWith(filter)))).toEqual([])
})
