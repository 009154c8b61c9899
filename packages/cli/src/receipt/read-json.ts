import { readFileSync, statSync } from 'node:fs'
import { parseJson } from '@sealgate/kit/gateway'
import { UsageError } from '../errors.ts'

/** No receipt has 10 KiB, and a JWK Set of 64 keys has 15. Bytes. */
const MAX_BYTES = 1_048_576

/** @throws UsageError for a file that is not there, is too large or no JSON; it quotes nothing of it */
export function readJson(path: string): unknown {
  let text: string
  try {
    if (statSync(path).size > MAX_BYTES) throw new UsageError(`${path} is larger than ${MAX_BYTES} bytes`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const value = parseJson(text)
  if (value === undefined) throw new UsageError(`${path} is no JSON`)
  return value
}

/**
 * The keys of several JWK Sets, as one.
 *
 * @throws UsageError for a file that is no JWK Set
 */
export function readKeySets(paths: readonly string[]): { readonly keys: readonly unknown[] } {
  const sets = paths.map((path) => {
    const set = readJson(path)
    const keys: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
    if (!Array.isArray(keys)) throw new UsageError(`${path} is no JWK Set: it has no list keys`)
    return keys as readonly unknown[]
  })
  return { keys: sets.flat() }
}
