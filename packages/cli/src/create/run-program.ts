import { spawn } from 'node:child_process'

/** How a program ended. */
export interface Ended {
  /** `undefined`: there is no such program. */
  readonly code: number | undefined
  /** The end of what it printed. */
  readonly tail: string
}

/** Runs a program in a folder. */
export type RunProgram = (program: string, args: readonly string[], folder: string) => Promise<Ended>

const TAIL_CHARACTERS = 4000

/** npm hands its own settings down to what it starts; a program of another project must not read them. */
const FOREIGN = /^npm_(?:config_(?!registry|cache|user_?agent|userconfig)|package_|lifecycle_|command)/i

export const runProgram: RunProgram = (program, args, folder) =>
  new Promise((resolve) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)))
    // On Windows npm is a script of the shell; no argument comes from outside.
    const child = spawn(program, [...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let tail = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (chunk: string) => (tail = (tail + chunk).slice(-TAIL_CHARACTERS)))
    }
    child.on('error', () => resolve({ code: undefined, tail }))
    child.on('close', (code) => resolve({ code: code ?? 1, tail }))
  })
