import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** npm, without the variables that the npm which runs these tests hands down. */
export async function npm(args: readonly string[], cwd: string): Promise<Output> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const options = { cwd, env: Object.fromEntries(inherited) }
  return promisify(execFile)('npm', [...args], options)
}
