/**
 * Follows the first part of docs/guides/start.md: a new project from the packed tarballs in an empty folder, run, called,
 * changed while it runs, and tested.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProgram } from '../support/program.ts'
import { PATIENT_VITEST } from '../support/setup/patience.ts'
import { Registry, type TeamProject } from '../support/team-project.ts'
import { pageOf, partOf } from './markdown.ts'
import { commandsOf } from './shell.ts'

const { blocks, text } = partOf('docs/guides/start.md', '## 1. Make it', '## One Worker, without a gateway')
const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code)
const [make = '', call = '', again = '', test = ''] = shell
const PORT = '8787'

let registry: Registry
let project: TeamProject
let port = ''
let started: Promise<undefined>

beforeAll(async () => {
  registry = await Registry.make()
  const [create = [], cd = [], start = []] = commandsOf(make)
  expect(create.slice(0, 3)).toEqual(['npm', 'create', 'sealgate'])
  expect([cd, start]).toEqual([
    ['cd', create[3]],
    ['npm', 'start'],
  ])
  project = await registry.createLinked(create[3] ?? '')
  port = String(await freePort())
  const { promise, resolve } = Promise.withResolvers<undefined>()
  started = promise
  const dev = startProgram({
    name: 'npm start',
    command: process.execPath,
    args: [
      ...[join(project.folder, 'node_modules/sealgate/bin/sealgate.js'), '--project', project.folder, 'dev'],
      ...['--gateway-port', port, '--idp-port', String(await freePort())],
      ...['--service-port', `reports=${await freePort()}`],
    ],
    env: {},
    onLine: (line) => {
      if (line.includes('Ctrl-C stops everything')) resolve(undefined)
    },
  })
  const failed = await Promise.race([started, dev.failed])
  if (failed) throw failed
})

/** Types lines of the page into a shell, with the port of this run in place of the documented one. */
const typed = (...lines: readonly string[]): Promise<string> =>
  project.shell(lines.map((line) => line.replaceAll(`:${PORT}/`, `:${port}/`)))

const statuses = (printed: string): readonly number[] =>
  [...printed.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

it('begins as the README says', () => {
  expect(pageOf('README.md').blocks.map(({ code }) => code)).toContain(make)
})

it('responds as the table of the page says: 200 to Olivia, 401 without a token, 403 to Bob', async () => {
  const promised = [...text.matchAll(/^\| .+? \| (\d{3})\b/gm)].map(([, status]) => Number(status))
  expect(promised).toEqual([200, 401, 403])
  const printed = await typed(call)
  expect(statuses(printed)).toEqual(promised)
  expect(printed).toContain('{"reports":["2026-10"],"for":"auth0|olivia"}')
})

it('takes a change over while it runs', async () => {
  const tokens = call.split('\n').filter((line) => !line.startsWith('curl'))
  expect(statuses(await typed(...tokens, again))).toEqual([404])
  for (const { code } of blocks) {
    const [, name] = /^\/\/ (\S+)\n/.exec(code) ?? []
    if (name !== undefined) writeFileSync(join(project.folder, name), code)
  }
  await vi.waitFor(async () => expect(statuses(await typed(...tokens, again))).toEqual([200]), {
    interval: 500,
  })
})

it('passes its tests then', async () => {
  expect(commandsOf(test)).toEqual([['npm', 'test']])
  const { code, stdout, stderr } = await project.run('vitest/vitest.mjs', 'run', ...PATIENT_VITEST)
  expect(code, stdout + stderr).toBe(0)
})
