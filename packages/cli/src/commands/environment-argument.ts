import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { readEnvironment } from '../project/environments.ts'
import type { Project } from '../project/find-project.ts'

/**
 * Lets a command take its environment as its first word, or by `--env`.
 *
 * @param otherwise what an unnamed one means
 */
export function withEnvironment(command: Command, otherwise?: string): Command {
  const what = 'an environment of the gateway’s wrangler.jsonc'
  return command
    .argument('[environment]', otherwise === undefined ? what : `${what}; ${otherwise}`)
    .option('--env <name>', 'the same')
}

/** @throws UsageError for none, for two that differ, and for one that there is not */
export function environmentOf(
  project: Project,
  argument: string | undefined,
  flag: string | undefined,
): string {
  if (argument !== undefined && flag !== undefined && argument !== flag) {
    throw new UsageError(`Say one environment: ${argument}, or --env ${flag}`)
  }
  return readEnvironment(project, argument ?? flag)
}
