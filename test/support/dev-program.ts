import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ends } from './ends.ts'
import { freePort, isFree } from './free-port.ts'
import { pathsIn } from './paths-in.ts'
import { ROOT } from './root.ts'

/** The command. */
export const SEALGATE: string = join(ROOT, 'packages/cli/bin/sealgate.js')

/** Where an app of its own has people sent back to. */
export const CALLBACK = 'http://localhost:3000/callback'

/** A process, and what runs it. */
interface Listed {
  readonly pid: number
  readonly parent: number
  readonly args: string
}

/** `sealgate dev` of a project as a program, with a home and a folder for temporary files of its own. */
export class DevProgram {
  readonly lines: string[] = []
  readonly gatewayPort: number
  readonly ports: readonly number[]
  readonly #home: string
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  readonly #waits: { readonly text: string; readonly resolve: () => void }[] = []

  private constructor(folder: string, ports: readonly [number, number, number], service: string) {
    const [gateway, idp, other] = ports
    this.ports = ports
    this.gatewayPort = gateway
    this.#home = realpathSync(mkdtempSync(join(tmpdir(), 'dev-home-')))
    mkdirSync(join(this.#home, 'tmp'))
    const flags = [
      '--gateway-port',
      String(gateway),
      '--idp-port',
      String(idp),
      '--service-port',
      `${service}=${other}`,
      '--callback',
      CALLBACK,
    ]
    // As a person's shell has it: what is private has to be made so.
    const command = ['-c', 'umask 022; exec "$@"', 'sh', process.execPath, SEALGATE, 'dev', ...flags]
    this.#child = spawn('sh', command, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOME: this.#home,
        XDG_CONFIG_HOME: join(this.#home, 'config'),
        TMPDIR: join(this.#home, 'tmp'),
      },
    })
    ends(() => this.remove())
    this.#ended = new Promise((resolve) => void this.#child.once('exit', (code) => resolve(code)))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        this.lines.push(...lines)
        for (const { text, resolve } of this.#waits) if (this.text.includes(text)) resolve()
      })
    }
  }

  /** @param service the name of the project's one service */
  static async start(folder: string, service: string): Promise<DevProgram> {
    return new DevProgram(folder, [await freePort(), await freePort(), await freePort()], service)
  }

  /** All that it printed. */
  get text(): string {
    return this.lines.join('\n')
  }

  /** Waits until it printed this. @throws Error with all that it printed, when it ends first */
  async until(text: string): Promise<void> {
    if (this.text.includes(text)) return
    const printed = new Promise<'printed'>((resolve) =>
      this.#waits.push({ text, resolve: () => resolve('printed') }),
    )
    if ((await Promise.race([printed, this.#ended])) !== 'printed') throw new Error(this.text)
  }

  /** Its own process, and all that it started. */
  processes(): readonly Listed[] {
    const all = listProcesses()
    const below = (parent: number): readonly Listed[] =>
      all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)])
    const { pid = 0 } = this.#child
    return [...all.filter((one) => one.pid === pid), ...below(pid)]
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Its exit code, when it ends. */
  end(): Promise<number | null> {
    return this.#ended
  }

  /** What of it is still there: processes by their command, ports that are taken, files outside the project. */
  async leftovers(started: readonly Listed[]): Promise<readonly string[]> {
    const alive = new Set(listProcesses().map(({ pid, args }) => `${pid} ${args}`))
    const taken = await Promise.all(
      this.ports.map(async (port) => ((await isFree(port)) ? [] : [`port ${port}`])),
    )
    return [
      ...started.map(({ pid, args }) => `${pid} ${args}`).filter((one) => alive.has(one)),
      ...taken.flat(),
      // The one file is wrangler's: whether a person lets it send metrics.
      ...pathsIn(this.#home).filter(
        (name) => name !== 'tmp' && !/^config(\/[.]wrangler(\/metrics[.]json)?)?$/.test(name),
      ),
    ]
  }

  /** Ends it, whatever a test left of it. */
  async remove(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
    rmSync(this.#home, { recursive: true, force: true })
  }
}

function listProcesses(): readonly Listed[] {
  const listed = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
  return listed.split('\n').flatMap((line) => {
    const [, pid, parent, stat, args] = /^ *(\d+) +(\d+) +(\S+) (.*)$/.exec(line) ?? []
    // One that ended, and that its parent has not heard of yet, is none.
    return args === undefined || stat?.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), args }]
  })
}
