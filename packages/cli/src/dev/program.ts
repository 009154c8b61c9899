import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Sent to it by a channel of its own, at its start. Unset: there is no channel. */
  readonly message?: object
  /** Receives each line that the program prints. */
  readonly onLine?: (line: string) => void
  /** Receives what the program sends by the channel. */
  readonly onMessage?: (message: unknown) => void
}

/** How long a program may take to end by itself, in milliseconds. */
const PATIENCE_MS = 5000
/** How long the lines of a program that ended may take to arrive, in milliseconds. */
const LAST_LINES_MS = 100
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

  constructor({ name, command, args, env, message, onLine, onMessage }: ProgramOptions) {
    this.name = name
    this.#child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(message === undefined ? [] : ['ipc' as const])],
      env: { ...process.env, ...env },
    })
    this.failed = new Promise((resolve) => {
      this.#child.once('error', resolve)
      this.#child.once('exit', (code, signal) => {
        // What it left behind: nobody else knows of it.
        if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
        if (this.#isStopping) return
        const end = signal ?? `status ${code ?? '?'}`
        // Its last lines may still be on their way.
        setTimeout(
          () => resolve(new Error([`${name} ended (${end}):`, ...this.#tail].join('\n'))),
          LAST_LINES_MS,
        )
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
    if (onMessage) this.#child.on('message', onMessage)
    if (message !== undefined) this.send(message)
  }

  /** Sends something by the channel; to a program that has ended, nothing. */
  send(message: object | string): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
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
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone already.
  }
}
