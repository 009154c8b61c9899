/**
 * Follows the second part of docs/guides/start.md, a Worker without a gateway, in an empty folder, with the packed tarballs, up
 * to the responses that it promises.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startProgram } from '../support/program.ts'
import { Project } from '../support/project.ts'
import { ROOT } from '../support/root.ts'
import { partOf } from './markdown.ts'
import { commandsOf } from './shell.ts'

const { blocks, text } = partOf('docs/guides/start.md', '## One Worker, without a gateway')
const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code)

let project: Project
let address = ''

beforeAll(async () => {
  project = await Project.make()
  for (const { code } of blocks) {
    const [, name] = /^\/\/ (\S+)\n/.exec(code) ?? []
    // The last block is a part of the file: the way on to a gateway.
    if (name === undefined || code.includes('JWT_JWKS_SERVICE_NAME')) continue
    mkdirSync(join(project.folder, dirname(name)), { recursive: true })
    project.write(name, code)
  }
  const keygen = commandsOf(shell.find((code) => code.includes('kit-keygen --kid')) ?? '')
  for (const [npx, program = '', ...args] of keygen) {
    expect(npx).toBe('npx')
    await project.run(program, args)
  }
  const port = await freePort()
  address = `http://127.0.0.1:${port}`
  startProgram({
    name: 'quick start',
    command: process.execPath,
    args: [
      ...[join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--ip', '127.0.0.1'],
      ...['--cwd', project.folder, '--port', String(port), '--inspector-port', '0'],
      '--show-interactive-dev-session=false',
    ],
    env: project.wranglerEnv,
    onLine: () => undefined,
  })
  await vi.waitFor(async () => expect((await fetch(address)).status).toBe(404), { interval: 200 })
})

/** Does what the page's last terminal does, with the Worker's address in place of the documented one. */
async function answers(): Promise<readonly Response[]> {
  const code = shell.find((text) => text.includes('token.mjs')) ?? ''
  const tokens = new Map<string, string>()
  for (const [, name = '', args = ''] of code.matchAll(/^(\w+)=\$\(node (.*)\)$/gm)) {
    tokens.set(name, (await project.run('node', args.split(' '))).stdout.trim())
  }
  const calls = commandsOf(code).filter(([program]) => program === 'curl')
  return Promise.all(
    calls.map(([, , url = '', , header]) => {
      const [name, value = ''] = header?.split(': ') ?? []
      const sent = value.replace(/\$(\w+)/, (_, token: string) => tokens.get(token) ?? '')
      return fetch(
        new URL(new URL(url).pathname, address),
        name === undefined ? {} : { headers: { [name]: sent } },
      )
    }),
  )
}

it('calls the port that it starts the Worker on', () => {
  const commands = commandsOf(shell.join('\n'))
  const port = commands.find((words) => words.includes('wrangler') && words.includes('dev'))?.at(-1)
  const called = commands.filter(([program]) => program === 'curl').map(([, , url = '']) => new URL(url).port)
  expect(new Set(called)).toEqual(new Set([port]))
})

it('answers as the table of the page says: 401 without a token, 200 to ada, 403 to bob', async () => {
  const promised = [...text.matchAll(/^\| .+? \| (\d{3})\b/gm)].map(([, status]) => Number(status))
  expect(promised).toEqual([401, 200, 403])
  const [nobody, ada, bob] = await answers()
  expect(nobody?.status).toBe(401)
  expect(nobody?.headers.get('WWW-Authenticate')).toBe('Bearer')
  expect(ada?.status).toBe(200)
  expect(await ada?.json()).toEqual({ reports: ['2026-10'], for: 'ada' })
  expect(bob?.status).toBe(403)
  expect(bob?.headers.get('WWW-Authenticate')).toMatch(/^Bearer error="insufficient_scope"/)
})
