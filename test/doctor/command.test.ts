/** `sealgate doctor` as a person or a pipeline types it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Finding } from 'sealgate/internal'
import { afterEach, expect, it } from 'vitest'
import { goodProject, type ProjectFiles, WrittenProject } from '../support/doctor/project.ts'
import { ROOT } from '../support/root.ts'

let written: WrittenProject | undefined
afterEach(() => written?.remove())

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function doctor(files: ProjectFiles, ...args: readonly string[]): Promise<Outcome> {
  written = new WrittenProject(files)
  const { root } = written
  return new Promise((resolve) => {
    const command = [join(ROOT, 'packages/cli/bin/sealgate.js'), 'doctor', ...args]
    const child = execFile(
      process.execPath,
      command,
      { cwd: join(root, 'services/reports') },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

it('looks at dev, prints groups without colours, and exits 0 where nothing is wrong', async () => {
  const { code, stdout, stderr } = await doctor(goodProject('http://127.0.0.1:1'))
  expect(stdout).toMatch(/^tools\n {2}✓ Node /)
  expect(stdout).toContain('  - the mock IdP at http://127.0.0.1:1/ does not run: npm start runs it')
  expect(stdout).toMatch(/\ndev: nothing is wrong\.\n$/)
  expect(stdout).not.toContain('\u001B')
  expect(stderr).toBe('Looking at dev …\n')
  expect(code).toBe(0)
})

it('exits 1 where something is, and prints the findings as JSON', async () => {
  const files = goodProject('http://127.0.0.1:1')
  Object.assign(files.reports.env.dev?.vars ?? {}, { JWT_AUD: 'report' })
  const { code, stdout } = await doctor(files, '--json')
  const findings = JSON.parse(stdout) as readonly Finding[]
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([
    {
      id: 'pair-audience',
      group: 'pairs',
      status: 'fail',
      message:
        'JWT_AUD (services/reports/wrangler.jsonc, env.dev) is "report", and the gateway\'s route /api/* sends it tokens for "reports"',
      fix: '"JWT_AUD": "reports" in services/reports/wrangler.jsonc, env.dev',
    },
  ])
  expect(code).toBe(1)
})

it.each([
  ['its first word', ['prod']],
  ['--env', ['--env', 'prod']],
])('exits 2 for an environment that there is not, and names those that there are, by %s', async (_, args) => {
  const { code, stderr } = await doctor(goodProject(), ...args)
  expect(stderr).toContain('There is no environment prod: --env dev or --env staging or --env production')
  expect(code).toBe(2)
})
