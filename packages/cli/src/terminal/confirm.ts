import { confirm, isCancel } from '@clack/prompts'
import { UsageError } from '../errors.ts'

/** Whether to go on. */
export type Confirm = (question: string) => Promise<boolean>

/**
 * What asks a person, on stderr; with `--yes` nobody is asked.
 *
 * @throws UsageError without a terminal
 */
export function confirmation(isYes: boolean): Confirm {
  return async (message) => {
    if (isYes) return true
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      throw new UsageError(`${message} There is no terminal to ask on: --yes goes on without asking.`)
    }
    const answer = await confirm({ message, output: process.stderr, initialValue: false })
    return !isCancel(answer) && answer
  }
}
