import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Say } from '../terminal/say.ts'
import type { Choices } from './choices.ts'
import type { Installer } from './installer.ts'
import { projectFiles } from './project-files.ts'
import type { RunProgram } from './run-program.ts'
import { checkTarget, writeFiles } from './target-folder.ts'

export interface CreateOptions {
  /** The whole path of the new project. */
  readonly folder: string
  readonly choices: Choices
  readonly install: boolean
  readonly git: boolean
  readonly isDryRun: boolean
  /** A folder with tarballs of our packages, to install in place of those of the registry. */
  readonly packages?: string | undefined
}

/** What was made. */
export interface Created {
  readonly folder: string
  readonly choices: Choices
  /** Paths within the folder. */
  readonly files: readonly string[]
  readonly installed: boolean
  readonly git: boolean
}

/** Shows that something long is under way, until it has ended. */
export type Progress = <Value>(what: string, work: Promise<Value>) => Promise<Value>

/**
 * Writes a new project, makes it a git repository and installs its packages.
 *
 * @throws UsageError before anything is written, when the folder is not empty; Error when the packages cannot be installed:
 * the files are there then
 */
export async function createProject(
  { folder, choices, install, git, isDryRun, packages }: CreateOptions,
  run: RunProgram,
  say: Say,
  during: Progress,
): Promise<Created> {
  checkTarget(folder)
  const files = projectFiles(choices, packages)
  const created = { folder, choices, files: [...files.keys()].sort() }
  if (isDryRun) return { ...created, installed: false, git: false }
  await mkdir(folder, { recursive: true })
  await writeFiles(folder, files)
  const isRepository = git && (await initRepository(folder, run, say))
  if (install) await installPackages(folder, choices.installer, run, during)
  return { ...created, installed: install, git: isRepository }
}

/** A folder within a repository becomes a part of it. Returns whether there is a repository of the project's own now. */
async function initRepository(folder: string, run: RunProgram, say: Say): Promise<boolean> {
  if (isInRepository(folder)) return false
  const { code, tail } = await run('git', ['init', '--quiet', '--initial-branch=main'], folder)
  if (code === 0) return true
  say(
    code === undefined
      ? 'There is no git here: the project is no repository yet.'
      : `git init failed: ${tail.trim()}`,
  )
  return false
}

function isInRepository(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true
  const parent = dirname(folder)
  return parent !== folder && isInRepository(parent)
}

async function installPackages(
  folder: string,
  installer: Installer,
  run: RunProgram,
  during: Progress,
): Promise<void> {
  const { code, tail } = await during(`${installer} install`, run(installer, ['install'], folder))
  if (code === 0) return
  const why = code === undefined ? `there is no ${installer} here` : `it failed:\n${tail.trim()}`
  throw new Error(
    `The project is in ${folder}, without its packages: type ${installer} install there. Here ${why}`,
  )
}
