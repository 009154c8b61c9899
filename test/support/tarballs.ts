import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npm } from './npm.ts'
import { pathsIn } from './paths-in.ts'
import { ROOT } from './root.ts'
import { until } from './until.ts'

/** Every package that is published, by its folder under packages. */
const PACKAGES = readdirSync(join(ROOT, 'packages'))

/**
 * A folder with what `npm pack` makes of every package: once in a run, for all test files and processes that need it. Its
 * place is the run's own folder for temporary files.
 */
export async function packAll(): Promise<string> {
  const folder = join(tmpdir(), `sealgate-tarballs-${lastBuild()}`)
  const making = `${folder}.making`
  try {
    // Stays: it says whose turn it was.
    mkdirSync(`${folder}.lock`)
  } catch {
    await until('another process has packed', () => existsSync(folder))
    return folder
  }
  mkdirSync(making)
  const workspaces = PACKAGES.flatMap((name) => ['--workspace', `packages/${name}`])
  await npm(['pack', '--ignore-scripts', '--pack-destination', making, ...workspaces], ROOT)
  // Whoever waits finds all or nothing.
  renameSync(making, folder)
  return folder
}

/** When something of the packages was written last: in watch mode a run goes on over builds. */
function lastBuild(): number {
  const files = PACKAGES.flatMap((name) => {
    const folder = join(ROOT, 'packages', name)
    return pathsIn(folder).map((path) => join(folder, path))
  })
  return Math.floor(Math.max(...files.map((file) => statSync(file).mtimeMs)))
}
