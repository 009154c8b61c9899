import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../root.ts'
import { python } from './interpreter.ts'

const run = promisify(execFile)

/** packages/python as it is published: built as a wheel, and unpacked where an installer would put it. */
export interface Wheel {
  /** File name of the wheel. */
  readonly name: string
  /** A folder to import from. */
  readonly folder: string
  /** Python modules by their path in that folder, without anything that is no module. */
  modules(): Promise<Readonly<Record<string, string>>>
  remove(): Promise<void>
}

/** Builds it without a network: what builds it is there, and it depends on nothing to be built. */
export async function buildWheel(): Promise<Wheel> {
  const home = await mkdtemp(join(tmpdir(), 'sealgate-wheel-'))
  const [source, target, folder] = ['source', 'wheel', 'site'].map((name) => join(home, name))
  if (!source || !target || !folder) throw new Error('three were made')
  // A copy: a build leaves folders behind.
  await cp(join(ROOT, 'packages/python'), source, { recursive: true })
  const quiet = ['--quiet', '--no-index', '--no-deps', '--disable-pip-version-check']
  await run(python(), ['-m', 'pip', 'wheel', ...quiet, '--no-build-isolation', '-w', target, source])
  const [name = ''] = await readdir(target)
  await run(python(), ['-m', 'pip', 'install', ...quiet, '--target', folder, join(target, name)])
  return {
    name,
    folder,
    modules: async () => {
      const files = (await readdir(join(folder, 'sealgate'))).filter((file) => file.endsWith('.py'))
      const entries = files.map(async (file) => {
        const path = `sealgate/${file}`
        return [path, await readFile(join(folder, path), 'utf8')] as const
      })
      return Object.fromEntries(await Promise.all(entries))
    },
    remove: () => rm(home, { recursive: true }),
  }
}
