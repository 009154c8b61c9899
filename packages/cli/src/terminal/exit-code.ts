import { type Command, CommanderError } from 'commander'
import { SaidAlready, UsageError } from '../errors.ts'
import type { Say } from './say.ts'

/**
 * Runs a command line with a parser that throws. Exit code 2 for a mistake in it, 1 for a failure, with one sentence on
 * stderr.
 */
export async function exitCodeOf(program: Command, argv: readonly string[], say: Say): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof SaidAlready) return 1
    say(error instanceof Error ? error.message : String(error))
    return error instanceof UsageError ? 2 : 1
  }
}
