import { ConfigError } from '../errors.ts'
import { MAX_KID_LENGTH } from '../constants.ts'
import { isKid } from '../jose/compact.ts'
import { decodeMember } from '../jose/jwk.ts'
import { isObject, parseJson } from '../primitives/json.ts'
import type { Exchange } from '../tokens/exchange-client.ts'
import { type ApprovalStore, approvalStoreOf } from '../approvals/approval-store.ts'
import type { DenylistStore } from '../tokens/revocation.ts'

/** A day: no kit needs longer. */
export const DAY_SECONDS = 86_400

/**
 * Reads a text. White space at its ends is a slip of whoever pasted it, and compares with nothing: it is dropped.
 *
 * @throws ConfigError when it is missing or no string
 */
export function readText(value: unknown, label: string, what: string): string {
  if (value !== undefined && typeof value !== 'string')
    throw new ConfigError(`${label} must be a string: ${what}`)
  const text = value?.trim() ?? ''
  if (text === '') throw new ConfigError(`${label} is not set: set it to ${what}`)
  return text
}

/** @throws ConfigError for what cannot be a `kid` */
export function readKid(value: unknown, label: string): string | undefined {
  if (value === undefined) return undefined
  const kid = readText(value, label, 'the kid of your private key')
  if (isKid(kid)) return kid
  throw new ConfigError(`${label} must be a string of 1 to ${MAX_KID_LENGTH} characters`)
}

/** @throws ConfigError when there is none, or one is no string */
export function readAudiences(value: unknown, label: string): readonly string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]
  if (list.length === 0)
    throw new ConfigError(
      `${label} is not set: set it to the name of this service, as tokens carry it in aud`,
    )
  return list.map((entry) => readText(entry, label, 'one or more audience names'))
}

/**
 * Reads a whole number that may come as text.
 *
 * @throws ConfigError
 */
export function readNumber(
  value: unknown,
  label: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined || value === '') return fallback
  const parsed = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value
  if (typeof parsed !== 'number' || !Number.isInteger(parsed) || parsed < min || parsed > max) {
    throw new ConfigError(`${label} must be a whole number from ${min} to ${max}`)
  }
  return parsed
}

/** Reads one as {@link readNumber}. One function for all rows of a table: each of its own would be compiled at start. */
export function wholeNumber(
  fallback: number,
  min: number,
  max: number,
): (value: unknown, label: string) => number {
  return (value, label) => readNumber(value, label, fallback, min, max)
}

/**
 * Reads one of a few words; the first is the default.
 *
 * @throws ConfigError for any other
 */
export function readChoice<const Word extends string>(
  value: unknown,
  label: string,
  words: readonly [Word, ...Word[]],
): Word {
  if (value === undefined || value === '') return words[0]
  const word = words.find((one) => one === value)
  if (word !== undefined) return word
  throw new ConfigError(`${label} must be ${words.join(' or ')}`)
}

/**
 * Reads RFC 7638 thumbprints. A list that is set and comes to nothing is an error: it must not mean "no pins".
 *
 * @throws ConfigError for what is no thumbprint
 */
export function readThumbprints(value: unknown, label: string): ReadonlySet<string> {
  if (value === undefined) return new Set()
  const list = typeof value === 'string' ? readList(value, label) : [value].flat()
  if (list.length === 0) throw new ConfigError(`${label} is set, but names nothing: name a key, or remove it`)
  return new Set(
    list.map((entry) => {
      if (typeof entry !== 'string' || !decodeMember(entry)) {
        throw new ConfigError(
          `${label} must be RFC 7638 thumbprints (43 characters); see: npx kit-keygen thumbprint FILE`,
        )
      }
      return entry
    }),
  )
}

/** @throws ConfigError for what has no `get` and `put` */
export function readDenylist(value: unknown, label: string): DenylistStore | undefined {
  if (value === undefined || isDenylistStore(value)) return value
  throw new ConfigError(`${label} is not a KV namespace binding: it has no get() and put()`)
}

/** @throws ConfigError for what can note no use */
export function readApprovals(value: unknown, label: string): ApprovalStore | undefined {
  const store = approvalStoreOf(value)
  if (value === undefined || store) return store
  throw new ConfigError(
    `${label} is neither a Durable Object namespace of UsedApprovals nor a KV namespace binding`,
  )
}

/** @throws ConfigError for what has no `delegate` */
export function readExchange(value: unknown, label: string): Exchange | undefined {
  if (value === undefined || isExchange(value)) return value
  throw new ConfigError(
    `${label} is not a service binding to the gateway's entrypoint Exchange: it has no delegate()`,
  )
}

/**
 * Reads a list from text: separated by commas, or as a JSON array.
 *
 * @throws ConfigError for what begins like a JSON array and is none
 */
export function readList(text: string, label: string): readonly unknown[] {
  if (!text.trimStart().startsWith('[')) return splitList(text)
  const list = parseJson(text)
  if (!Array.isArray(list)) throw new ConfigError(`${label} begins like a JSON array, but is none`)
  return list
}

/** Splits a comma-separated list; surrounding white space and empty entries do not count. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function isDenylistStore(value: unknown): value is DenylistStore {
  return isObject(value) && typeof value.get === 'function' && typeof value.put === 'function'
}

/** For the name of a method a service binding has a function, whichever Worker is behind it. */
function isExchange(value: unknown): value is Exchange {
  const isObjectLike = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isObjectLike && typeof Reflect.get(value, 'delegate') === 'function'
}
