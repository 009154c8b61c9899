import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ends } from '../ends.ts'
import { python } from './interpreter.ts'

const HERE = import.meta.dirname

/** Runs CPython with the package in `folder`, and returns what it printed. @throws Error with what it said when it fails */
export async function runNative(
  folder: string,
  args: readonly string[],
  input = '',
  cwd = HERE,
): Promise<string> {
  const child = spawn(python(), ['-B', ...args], {
    cwd,
    env: { ...process.env, PYTHONPATH: [folder, join(HERE, 'worker')].join(':') },
  })
  const end = ends(() => void child.kill())
  child.stdin.end(input)
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  await end()
  if (code !== 0) throw new Error(`Python ended with ${code}:\n${stderr}${stdout}`)
  return stdout
}

/** Has `judge.py` carry out one order. */
export async function judgeNatively(folder: string, order: object): Promise<unknown> {
  return JSON.parse(await runNative(folder, [join(HERE, 'native.py')], JSON.stringify(order)))
}
