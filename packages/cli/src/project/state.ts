import { join } from 'node:path'
import type { Project } from './find-project.ts'
import { makePrivateDirectory, writePrivateFile } from './private-files.ts'

/**
 * Where the commands keep what is theirs: keys of operators, state of the development system, logs. `.sealgate/` in the
 * project's root, for its owner alone and never in a commit. Made when it is not there.
 *
 * @param folder one in it
 */
export function stateDirectory({ root }: Pick<Project, 'root'>, folder?: string): string {
  const state = join(root, '.sealgate')
  makePrivateDirectory(state)
  writePrivateFile(join(state, '.gitignore'), '*\n')
  if (folder === undefined) return state
  const inside = join(state, folder)
  makePrivateDirectory(inside)
  return inside
}
