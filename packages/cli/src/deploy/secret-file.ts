import { parseEnv } from 'node:util'
import { UsageError } from '../errors.ts'
import type { SecretDefinition } from '../project/secret-definitions.ts'

/**
 * Secrets from the text of a file: JSON (name to value; a value may be JSON itself) or `.env`. An entry with an empty
 * value is left out: it would wipe the secret.
 *
 * @param worker its name, for errors
 * @param definitions the secrets that it may have
 * @throws UsageError for names that the Worker does not have, and for values that are no text
 */
export function parseSecrets(
  text: string,
  worker: string,
  definitions: readonly SecretDefinition[],
): ReadonlyMap<string, string> {
  const entries = text.trimStart().startsWith('{') ? fromJson(text) : Object.entries(parseEnv(text))
  const known = new Set(definitions.map(({ name }) => name))
  const unknown = entries.map(([name]) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new UsageError(
      `The ${worker} has no secret ${unknown.join(', ')}. It has: ${[...known].join(', ')}`,
    )
  }
  const secrets = new Map(
    entries.flatMap(([name, value]): [string, string][] => {
      // wrangler secret put trims what follows; so do we, and one Worker never differs from the other.
      const trimmed = value?.trimEnd() ?? ''
      return trimmed === '' ? [] : [[name, trimmed]]
    }),
  )
  if (secrets.size === 0) throw new UsageError('The file has no secret with a value.')
  return secrets
}

function fromJson(text: string): [string, string | undefined][] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UsageError('The file starts like JSON, but it is not.')
  }
  if (typeof parsed !== 'object' || parsed === null) throw new UsageError('The file is not a JSON object.')
  return Object.entries(parsed).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [name, value]
    // A key as kit-keygen prints it, or EXCHANGE_CLIENTS, need not be text within text.
    if (typeof value === 'object' && value !== null) return [name, JSON.stringify(value)]
    throw new UsageError(`The value of ${name} is neither text nor an object.`)
  })
}
