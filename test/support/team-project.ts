import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Program } from 'sealgate/internal'
import { startProgram } from './program.ts'
import type { Output } from './npm.ts'
import { ROOT } from './root.ts'
import { packAll } from './tarballs.ts'

/** What a program printed, and how it ended. */
export interface Result extends Output {
  readonly code: number
}

/** Tools that only a project has. */
const OF_A_PROJECT = ['wrangler']

/**
 * A folder outside the repository with what the registry would have of us: the tarballs, and what they unpack to. Other
 * packages are linked from this repository, so that no network is needed.
 */
export class Registry {
  readonly folder: string
  /** Where the tarballs are: `--packages`. */
  readonly tarballs: string
  /** As a project has them. */
  readonly modules: string
  /** As `npm create` and `npx` have them, where there is no project yet. */
  readonly npx: string

  private constructor(folder: string, tarballs: string) {
    this.folder = folder
    this.tarballs = tarballs
    this.modules = join(folder, '.project/node_modules')
    this.npx = join(folder, '.npx/node_modules')
  }

  static async make(): Promise<Registry> {
    const registry = new Registry(mkdtempSync(join(tmpdir(), 'sealgate-registry-')), await packAll())
    await registry.#unpack(registry.modules, [])
    await registry.#unpack(registry.npx, OF_A_PROJECT)
    return registry
  }

  async #unpack(modules: string, left: readonly string[]): Promise<void> {
    mkdirSync(join(modules, '@sealgate'), { recursive: true })
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (/^[.]|sealgate|^kit-keygen$/.test(name) || left.includes(name)) continue
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
    for (const file of readdirSync(this.tarballs)) {
      const folder = join(modules, file.replace(/-\d.*$/, '').replace(/^sealgate-/, '@sealgate/'))
      mkdirSync(folder)
      const { code, stderr } = await run(
        'tar',
        ['xzf', join(this.tarballs, file), '--strip-components=1'],
        folder,
      )
      if (code !== 0) throw new Error(stderr)
    }
  }

  /** `npm create sealgate`, in this folder, without a terminal. */
  create(...args: readonly string[]): Promise<Result> {
    return run(
      process.execPath,
      [join(this.npx, 'create-sealgate/bin/create-sealgate.js'), ...args],
      this.folder,
    )
  }

  /** `npx sealgate`, in this folder. */
  sealgate(...args: readonly string[]): Promise<Result> {
    return run(process.execPath, [join(this.npx, 'sealgate/bin/sealgate.js'), ...args], this.folder)
  }

  /** A new project whose packages are these, ready to be used. */
  async createLinked(name: string, ...flags: readonly string[]): Promise<TeamProject> {
    const { code, stderr } = await this.create(name, '--yes', '--no-install', '--no-git', ...flags)
    if (code !== 0) throw new Error(stderr)
    const project = new TeamProject(join(this.folder, name))
    symlinkSync(this.modules, join(project.folder, 'node_modules'))
    return project
  }

  /** A new project as its users have it: with all packages installed, ours from the tarballs. */
  async createInstalled(name: string, ...flags: readonly string[]): Promise<TeamProject> {
    const { code, stderr } = await this.create(name, '--yes', '--packages', this.tarballs, ...flags)
    if (code !== 0) throw new Error(stderr)
    return new TeamProject(join(this.folder, name))
  }

  /** The same, by pnpm, which is had from the registry. */
  async createByPnpm(name: string): Promise<TeamProject> {
    const { code, stderr, stdout } = await run(
      'npx',
      [
        '--yes',
        'pnpm@12',
        'exec',
        process.execPath,
        join(this.npx, 'create-sealgate/bin/create-sealgate.js'),
        name,
        '--yes',
        '--packages',
        this.tarballs,
      ],
      this.folder,
    )
    if (code !== 0) throw new Error(stdout + stderr)
    return new TeamProject(join(this.folder, name))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A project that `npm create sealgate` made. */
export class TeamProject {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Runs a program of a package that the project has, by its path within `node_modules`. */
  run(program: string, ...args: readonly string[]): Promise<Result> {
    return run(process.execPath, [join(this.folder, 'node_modules', program), ...args], this.folder)
  }

  npm(...args: readonly string[]): Promise<Result> {
    return run('npm', args, this.folder)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What commands that were typed into a shell print. */
  async shell(lines: readonly string[]): Promise<string> {
    const { stdout } = await run('bash', ['-c', lines.join('\n')], this.folder)
    return stdout
  }
}

/** `npm start` of a project, which runs. */
export class RunningProject {
  readonly #program: Program
  readonly #lines: string[]

  private constructor(program: Program, lines: string[]) {
    this.#program = program
    this.#lines = lines
  }

  static async start(folder: string): Promise<RunningProject> {
    const lines: string[] = []
    const { promise: ready, resolve } = Promise.withResolvers<undefined>()
    const program = startProgram({
      name: 'npm start',
      command: 'npm',
      args: ['--prefix', folder, 'start'],
      env: environment(),
      onLine: (line) => {
        lines.push(line)
        if (/Ctrl-C/.test(line)) setTimeout(() => resolve(undefined), 500)
      },
    })
    const failed = await Promise.race([ready, program.failed])
    if (failed) throw failed
    return new RunningProject(program, lines)
  }

  /** The lines to copy: a token, its exchange, a request with it, and the request through the gateway. */
  curlLines(): readonly string[] {
    return this.#lines.filter((line) => /^(?:[A-Z0-9]+=\$\()?curl /.test(line) && /AUTH0|TOKEN/.test(line))
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

function environment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  return {
    ...Object.fromEntries(inherited),
    // The Node of these tests, for what npm runs.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    NO_COLOR: '1',
  }
}

function run(program: string, args: readonly string[], cwd: string): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { cwd, env: environment(), maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        resolve({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
          stdout,
          stderr,
        })
      },
    )
  })
}
