import { spawn } from 'node:child_process'
import { vi } from 'vitest'
import { main, wranglerWith } from 'sealgate/internal'
import { SEALGATE } from './dev-program.ts'
import { ends } from './ends.ts'

/** What a command printed. */
export interface Printed {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `sealgate why` that runs. */
export interface RunningWhy {
  readonly printed: Promise<Printed>
  signal(signal: NodeJS.Signals): void
}

interface WhyOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Starts `sealgate why` as a person types it, in a folder of a project. */
export function startWhy(args: readonly string[], { cwd, env = {}, stdin = '' }: WhyOptions): RunningWhy {
  const child = spawn(process.execPath, [SEALGATE, 'why', ...args], { cwd, env: { ...process.env, ...env } })
  ends(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined).end(stdin)
  return {
    printed: new Promise((resolve) => void child.once('close', (code) => resolve({ code, stdout, stderr }))),
    signal: (signal) => void child.kill(signal),
  }
}

/** The same in this process, which is there already. One at a time. */
export async function why(
  args: readonly string[],
  { cwd, env = {} }: Omit<WhyOptions, 'stdin'>,
): Promise<Printed> {
  const printed: string[] = []
  const said: string[] = []
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0),
    // The parser's own words.
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0),
  ]
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    const world = { run: wranglerWith(), say: (text: string) => void said.push(`${text}\n`) }
    const code = await main(['--project', cwd, 'why', ...args], world)
    return { code, stdout: printed.join(''), stderr: said.join('') }
  } finally {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
