/**
 * Whole new projects, in each variant: created from the packed tarballs in an empty folder, installed from the registry,
 * checked, run, called by the lines that it prints, and bundled for each environment. Long: it needs the registry.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { note } from '../../bench/nightly/metrics.ts'
import { Registry, type Result, RunningProject, type TeamProject } from '../support/team-project.ts'

let registry: Registry
beforeAll(async () => {
  registry = await Registry.make()
})
afterAll(() => registry.remove())

const good = ({ code, stdout, stderr }: Result): void => expect(code, stdout + stderr).toBe(0)

/** Workers of each variant. */
const VARIANTS: readonly (readonly [what: string, flags: readonly string[], workers: readonly string[]])[] = [
  ['by default', [], ['gateway', 'reports']],
  ['with the gateway alone', ['--no-service'], ['gateway']],
  ['with HS512', ['--algorithm', 'HS512'], ['gateway', 'reports']],
  ['with Agents', ['--agents'], ['gateway', 'notes', 'reports']],
  ['with MCP', ['--mcp'], ['gateway', 'mcp', 'reports']],
  [
    'with everything and HS512',
    ['--agents', '--mcp', '--algorithm', 'HS512'],
    ['gateway', 'mcp', 'notes', 'reports'],
  ],
]

/** What the services of some variants do for a caller, through the gateway. */
const CALLS: readonly (readonly [flag: string, path: string, body: string, promised: string])[] = [
  ['--agents', '/api/notes', '"milk"', 'milk'],
  [
    '--mcp',
    '/mcp',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list-reports","arguments":{"year":2026}}}',
    // A token for the API in general is none for the MCP server. With one of its own: test/mcp.
    'invalid_token',
  ],
]

describe.each(VARIANTS)('a project %s', (what, flags, workers) => {
  let project: TeamProject
  beforeAll(async () => {
    const begin = performance.now()
    project = await registry.createInstalled(what.replace(/\W/g, '-').toLowerCase(), ...flags)
    note(`project ${what}: made and installed`, `${((performance.now() - begin) / 1000).toFixed(1)} s`)
  })
  afterAll(() => project.remove())

  it.each(['types', 'lint', 'test'])('passes npm run %s', async (script) => {
    good(await project.npm('run', script))
  })

  it('starts, and responds as it promises to the lines that it prints', async () => {
    const dev = await RunningProject.start(project.folder)
    try {
      const lines = dev.curlLines()
      expect(await project.shell([lines[0] ?? '', 'echo "$AUTH0"'])).toMatch(/^eyJ/)
      if (flags.includes('--no-service')) return
      const through = lines.at(-1) ?? ''
      expect(through).toContain('$AUTH0')
      const statuses = [
        await project.shell(lines),
        await project.shell([through.replace(/ -H .*/, '')]),
        await project.shell([...lines.slice(0, -1).map((line) => line.replaceAll('olivia', 'bob')), through]),
      ]
        // Of the last response: those before it gave tokens.
        .map((printed) => printed.split('HTTP/1.1 ').at(-1)?.slice(0, 3))
      expect(statuses).toEqual(['200', '401', '403'])
      const origin = /http:\S+?:\d+/.exec(through)?.[0] ?? ''
      const headers = '-H "Authorization: Bearer $AUTH0" -H "Accept: application/json, text/event-stream"'
      for (const [flag, path, body, promised] of CALLS.filter(([flag]) => flags.includes(flag))) {
        const call = `curl -s ${origin}${path} --json '${body}' ${headers}`
        expect(await project.shell([lines[0] ?? '', call]), flag).toContain(promised)
      }
    } finally {
      await dev.stop()
    }
  })

  it('would be deployed in each of its environments', async () => {
    const result = await project.run('sealgate/bin/sealgate.js', 'bundle')
    good(result)
    const bundled = [...result.stderr.matchAll(/^(\w+) .*?(production|staging|dev)/gm)].map(
      ([, worker, env]) => `${worker ?? ''} ${env ?? ''}`,
    )
    const expected = workers.flatMap((worker) =>
      ['production', 'staging', 'dev'].map((env) => `${worker} ${env}`),
    )
    expect(bundled.sort()).toEqual(expected.sort())
  })
})

it('a project that pnpm created is installed by pnpm, and passes its checks', async () => {
  const project = await registry.createByPnpm('by-pnpm')
  expect(existsSync(join(project.folder, 'pnpm-lock.yaml'))).toBe(true)
  for (const script of ['types', 'lint', 'test']) good(await project.npm('run', script))
})
