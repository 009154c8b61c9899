import { isCancel, password } from '@clack/prompts'
import { UsageError } from '../errors.ts'

/** A secret to prompt for. */
export interface SecretQuestion {
  readonly name: string
  /** What it is and how it is made. */
  readonly what: string
}

/** Whether somebody is there to type. */
export function canAsk(): boolean {
  return process.stdin.isTTY
}

/**
 * Prompts for secrets, and shows nothing of what is typed.
 *
 * @param need `optional`: an empty line leaves a secret as it is; `needed`: it is prompted for again
 * @throws UsageError without a terminal, and when the user stops
 */
export async function askSecrets(
  questions: readonly SecretQuestion[],
  need: 'optional' | 'needed' = 'optional',
): Promise<ReadonlyMap<string, string>> {
  if (!canAsk()) throw new UsageError('There is no terminal to ask on: use --file')
  const secrets = new Map<string, string>()
  for (const { name, what } of questions) {
    const value = await password({
      message: `${name} (${what}${need === 'optional' ? '; empty leaves it as it is' : ''})`,
      output: process.stderr,
      ...(need === 'needed' && {
        validate: (text) => (text === undefined || text.trim() === '' ? 'A value is needed.' : undefined),
      }),
    })
    if (isCancel(value)) throw new UsageError('Stopped; nothing was uploaded.')
    const trimmed = value.trimEnd()
    if (trimmed !== '') secrets.set(name, trimmed)
  }
  return secrets
}
