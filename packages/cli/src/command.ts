import { UsageError } from './project/workers.ts'

/** Receives progress, a line at a time. Never a secret. */
export type Say = (text: string) => void

/** Runs a command of this folder: exit code 2 for a mistake in its arguments, 1 for a failure, with one sentence. */
export async function runCommand<Options>(
  help: string,
  read: (argv: readonly string[]) => Options | 'help',
  run: (options: Options, say: Say) => Promise<void>,
): Promise<void> {
  const say: Say = (text) => {
    process.stderr.write(`${text}\n`)
  }
  try {
    const options = read(process.argv.slice(2))
    if (options === 'help') process.stdout.write(help)
    else await run(options, say)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
