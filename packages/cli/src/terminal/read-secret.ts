import { text } from 'node:stream/consumers'
import { isCancel, password } from '@clack/prompts'
import { UsageError } from '../errors.ts'

/**
 * Reads one secret from stdin, or prompts for it on a terminal and shows nothing of what is typed. An argument would be in
 * the shell's history, and in every list of processes.
 *
 * @param what its name, for the prompt and the error
 * @throws UsageError for none, and when the user stops
 */
export async function readSecret(what: string): Promise<string> {
  const given = process.stdin.isTTY
    ? await password({ message: what, output: process.stderr })
    : await text(process.stdin)
  const secret = isCancel(given) ? '' : given.trim()
  if (secret === '') throw new UsageError(`There is no ${what} on stdin.`)
  return secret
}
