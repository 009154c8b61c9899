import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { DEFAULTS } from './choices.ts'
import { type CreateOptions, createProject } from './create-project.ts'
import { installerOf } from './installer.ts'
import type { Ended } from './run-program.ts'
import { writeFiles } from './target-folder.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealgate-create-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Creates a project, with programs that end as the test says. */
async function create(options: Partial<CreateOptions> = {}, ended: Partial<Ended> = { code: 0 }) {
  const ran: string[] = []
  const said: string[] = []
  const created = await createProject(
    {
      folder: join(root, 'acme'),
      choices: { ...DEFAULTS, name: 'acme' },
      install: true,
      git: true,
      isDryRun: false,
      ...options,
    },
    (program, args, folder) => {
      ran.push([program, ...args, folder].join(' '))
      return Promise.resolve({ code: undefined, tail: '', ...ended })
    },
    (text) => said.push(text),
    (_, work) => work,
  )
  return { created, ran, said }
}

it('writes the files, makes a repository, installs', async () => {
  const { created, ran } = await create()
  const folder = join(root, 'acme')
  expect(ran).toEqual([`git init --quiet --initial-branch=main ${folder}`, `npm install ${folder}`])
  expect(created).toMatchObject({ installed: true, git: true })
  for (const file of created.files) expect(existsSync(join(folder, file)), file).toBe(true)
})

it('installs with the package manager that started it', async () => {
  const installer = installerOf('pnpm/11.2.0 npm/? node/v24.1.0 linux x64')
  const { ran } = await create({ choices: { ...DEFAULTS, name: 'acme', installer }, git: false })
  expect(ran).toEqual([`pnpm install ${join(root, 'acme')}`])
})

it('writes nothing, and runs nothing, when it only shows what it would do', async () => {
  const { created, ran } = await create({ isDryRun: true })
  expect(created.files).toContain('gateway/index.ts')
  expect(ran).toEqual([])
  expect(readdirSync(root)).toEqual([])
})

it('makes no repository within another', async () => {
  mkdirSync(join(root, '.git'))
  const { created, ran } = await create({ install: false })
  expect(ran).toEqual([])
  expect(created.git).toBe(false)
})

it('goes on without git', async () => {
  const { created, said } = await create({ install: false }, {})
  expect(created.git).toBe(false)
  expect(said).toEqual(['There is no git here: the project is no repository yet.'])
})

it('says that the files are there when the packages cannot be installed, and what to type', async () => {
  const failed = create({ git: false }, { code: 1, tail: 'npm error code E404' })
  await expect(failed).rejects.toThrow(/type npm install there[^]*E404/)
  expect(existsSync(join(root, 'acme/package.json'))).toBe(true)
})

describe('a folder that is not empty', () => {
  it.each([
    ['package.json', 'one file'],
    ['.env', 'a hidden file'],
    ['src', 'a folder'],
  ])('with %s, %s, is left as it is', async (name) => {
    const folder = join(root, 'acme')
    mkdirSync(folder)
    if (name === 'src') mkdirSync(join(folder, name))
    else writeFileSync(join(folder, name), 'mine')
    await expect(create()).rejects.toThrow(UsageError)
    await expect(create()).rejects.toThrow(`is not empty: it has ${name}. Nothing was written.`)
    expect(readdirSync(folder)).toEqual([name])
  })

  it('may be a repository without files', async () => {
    mkdirSync(join(root, 'acme/.git'), { recursive: true })
    expect((await create({ install: false })).created.files).toContain('gateway/index.ts')
  })

  it('may not be a file', async () => {
    writeFileSync(join(root, 'acme'), 'mine')
    await expect(create()).rejects.toThrow(/is a file/)
    expect(readFileSync(join(root, 'acme'), 'utf8')).toBe('mine')
  })
})

it('overwrites no file that came up meanwhile', async () => {
  writeFileSync(join(root, 'b.txt'), 'mine')
  const files = new Map([
    ['a/a.txt', 'ours'],
    ['b.txt', 'ours'],
  ])
  await expect(writeFiles(root, files)).rejects.toThrow('EEXIST')
  expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe('mine')
})
