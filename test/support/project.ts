import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { npm, type Output } from './npm.ts'
import { ROOT } from './root.ts'
import { packAll } from './tarballs.ts'

const run = promisify(execFile)

/** What the tarballs need from others. They are taken from this repository, so that no network is needed. */
const NEEDED = ['hono', 'jose', '@noble/ed25519']

/** An empty folder outside the repository, with packages of ours installed from what `npm pack` made. */
export class Project {
  readonly folder: string
  /** Paths of the tarballs. */
  readonly tarballs: readonly string[]

  private constructor(folder: string, tarballs: readonly string[]) {
    this.folder = folder
    this.tarballs = tarballs
  }

  /**
   * @param names of the folders under packages
   * @param needed what they need from others
   */
  static async make(names = ['kit', 'keygen'], needed: readonly string[] = NEEDED): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), 'sealgate-project-'))
    const packed = await packAll()
    const others = needed.map((name) => join(ROOT, 'node_modules', name))
    const tarballs = names.map((name) => join(packed, tarballOf(name)))
    const project = new Project(folder, tarballs)
    project.write('package.json', '{ "private": true }\n')
    await npm(
      ['install', '--offline', '--install-links', '--ignore-scripts', '--no-audit', ...tarballs, ...others],
      folder,
    )
    return project
  }

  /** Keeps wrangler's Workers apart from those of other tests, and wrangler off the network. */
  get wranglerEnv(): Readonly<Record<string, string>> {
    return {
      WRANGLER_REGISTRY_PATH: join(this.folder, '.registry'),
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs a program of the project as `npx` does, with the Node of these tests unless another is given. */
  run(program: string, args: readonly string[], node: string = process.execPath): Promise<Output> {
    const path = [join(node, '..'), join(this.folder, 'node_modules/.bin'), process.env.PATH].join(delimiter)
    return run(program === 'node' ? node : program, [...args], {
      cwd: this.folder,
      env: { ...process.env, PATH: path },
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The name of the file that `npm pack` makes of a package. */
function tarballOf(folder: string): string {
  const manifest = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')
  const { name, version } = JSON.parse(manifest) as { readonly name: string; readonly version: string }
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}
