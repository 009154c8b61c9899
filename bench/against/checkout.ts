import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ROOT } from '../measure/bundle.ts'
import { UsageError } from '../options.ts'

/** An earlier state of this repository, built, in a folder of its own. */
export interface Checkout {
  readonly folder: string
  /** Its short name. */
  readonly commit: string
  /** Takes the folder away again. */
  remove(): void
}

const MODULES = 'node_modules'

/**
 * Builds a commit in a temporary worktree, with the dependencies that are installed here: only this project's own code
 * differs.
 *
 * @throws UsageError when git knows no such commit
 */
export function checkOut(ref: string): Checkout {
  const commit = commitOf(ref)
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'sealgate-against-'))
  const remove = (): void => {
    git('worktree', 'remove', '--force', folder)
    rmSync(folder, { recursive: true, force: true })
  }
  git('worktree', 'add', '--quiet', '--detach', folder, commit)
  try {
    linkModules(MODULES, folder)
    for (const name of readdirSync(join(ROOT, 'packages')))
      linkModules(join('packages', name, MODULES), folder)
    execFileSync(
      process.execPath,
      [join(ROOT, MODULES, 'typescript/bin/tsc'), '-b', 'packages/gateway/tsconfig.build.json'],
      {
        cwd: folder,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    )
    return { folder, commit, remove }
  } catch (cause) {
    remove()
    throw new Error(`${ref} cannot be built`, { cause })
  }
}

function commitOf(ref: string): string {
  try {
    return git('rev-parse', '--short', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
  } catch {
    throw new UsageError(`--against accepts a commit, a branch or a tag; git knows no ${ref}.`)
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}

/** Links each dependency to where it is installed here, and this project's packages to those of the checkout. */
function linkModules(modules: string, folder: string): void {
  if (!existsSync(join(ROOT, modules)) || !existsSync(join(folder, modules, '..'))) return
  mkdirSync(join(folder, modules))
  for (const name of readdirSync(join(ROOT, modules))) {
    const path = join(modules, name)
    if (!name.startsWith('@')) {
      link(path, folder)
      continue
    }
    mkdirSync(join(folder, path))
    for (const scoped of readdirSync(join(ROOT, path))) link(join(path, scoped), folder)
  }
}

function link(path: string, folder: string): void {
  const isOurs = lstatSync(join(ROOT, path)).isSymbolicLink()
  const target = isOurs ? join(folder, relative(ROOT, realpathSync(join(ROOT, path)))) : join(ROOT, path)
  symlinkSync(target, join(folder, path))
}
