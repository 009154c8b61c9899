import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../errors.ts'

/** What a folder may hold that counts as empty: a repository without files, and what file managers leave. */
const IGNORED = new Set(['.git', '.DS_Store', 'Thumbs.db'])

/** @throws UsageError unless a new project can be written there: nothing of anybody's is overwritten */
export function checkTarget(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory())
    throw new UsageError(`${folder} is a file. Name a folder that is empty or new.`)
  const present = readdirSync(folder).filter((name) => !IGNORED.has(name))
  if (present.length === 0) return
  const some = present.slice(0, 3).join(', ')
  throw new UsageError(
    `${folder} is not empty: it has ${some}${present.length > 3 ? ` and ${present.length - 3} more` : ''}. ` +
      'Nothing was written. Name a folder that is empty or new.',
  )
}

/** Writes the files of a new project. A file that has come up meanwhile is an error, and stays as it is. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}
