import type { Command } from 'commander'
import { findProject, type Project } from '../project/find-project.ts'

/** For the program, and so for every command. */
export const PROJECT_FLAG = '--project <dir>'

/** The project that `--project` names, else the one around the folder where the command was typed. */
export function projectOf(command: Command): Project {
  const { project } = command.optsWithGlobals<{ readonly project?: string }>()
  return findProject(project ?? process.cwd())
}
