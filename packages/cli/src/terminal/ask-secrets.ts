import { isCancel, password } from '@clack/prompts'
import { UsageError } from '../errors.ts'

/** A secret to prompt for. */
export interface SecretQuestion {
  readonly name: string
  /** What it is and how it is made. */
  readonly what: string
}

/**
 * Prompts for secrets, and shows nothing of what is typed. An empty line leaves a secret as it is.
 *
 * @throws UsageError without a terminal, and when the user stops
 */
export async function askSecrets(questions: readonly SecretQuestion[]): Promise<ReadonlyMap<string, string>> {
  if (!process.stdin.isTTY) throw new UsageError('There is no terminal to ask on: use --file')
  const secrets = new Map<string, string>()
  for (const { name, what } of questions) {
    const value = await password({
      message: `${name} (${what}; empty leaves it as it is)`,
      output: process.stderr,
    })
    if (isCancel(value)) throw new UsageError('Stopped; nothing was uploaded.')
    const trimmed = value.trimEnd()
    if (trimmed !== '') secrets.set(name, trimmed)
  }
  return secrets
}
