import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Receives each line that the program prints. */
  readonly onLine?: (line: string) => void
}

/** How long a program may take to end by itself, in milliseconds. */
const PATIENCE_MS = 5000
/** Lines kept to explain an unexpected end. */
const TAIL_LINES = 40

/**
 * A program in a process group of its own, so that ending it ends whatever it started (wrangler starts workerd,
 * which starts more).
 */
export class Program {
  readonly name: string
  readonly #child: ChildProcess
  readonly #tail: string[] = []
  #isStopping = false
  /** Settles when the program ends without being asked to. */
  readonly failed: Promise<Error>

  constructor({ name, command, args, env, onLine }: ProgramOptions) {
    this.name = name
    this.#child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.failed = new Promise((resolve) => {
      this.#child.once('error', resolve)
      this.#child.once('exit', (code, signal) => {
        if (this.#isStopping) return
        const end = signal ?? `status ${code ?? '?'}`
        resolve(new Error(`${name} ended (${end}):\n${this.#tail.join('\n')}`))
      })
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          this.#tail.push(line)
          if (this.#tail.length > TAIL_LINES) this.#tail.shift()
          onLine?.(line)
        }
      })
    }
  }

  /** Ends the whole group, by force if it takes too long. */
  async stop(): Promise<void> {
    const { pid } = this.#child
    this.#isStopping = true
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), PATIENCE_MS)
    signalGroup(pid, 'SIGTERM')
    await ended
    clearTimeout(force)
    // What the leader left behind.
    signalGroup(pid, 'SIGKILL')
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone already.
  }
}
