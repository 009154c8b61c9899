import { MAX_CANONICAL_DEPTH, MAX_CANONICAL_LENGTH } from '../constants.ts'
import { ClaimsError } from '../errors.ts'
import { isPlainObject } from './json.ts'

/** Half of a pair: UTF-8 has no form of it (RFC 8785 §3.2.2.2). */
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * The one JSON text of a value (RFC 8785): no white space, members in the order of their UTF-16 code units, numbers and
 * strings as ECMAScript writes them. Members that are `undefined` are left out, as `JSON.stringify` leaves them out. The work
 * is linear in the text, which is bounded, however often a value stands in another.
 *
 * @throws ClaimsError for what JSON has no form for (`NaN`, half a surrogate pair, a `Date`), for more than 64 levels and for
 *   more than `maxLength` characters, by default 65 536
 */
export function canonicalJson(value: unknown, maxLength: number = MAX_CANONICAL_LENGTH): string {
  let length = 0
  const counted = (text: string): string => {
    length += text.length
    if (length > maxLength) {
      throw new ClaimsError(`its JSON is longer than ${maxLength} characters`)
    }
    return text
  }
  const quoted = (text: string): string => {
    if (LONE_SURROGATE.test(text)) throw new ClaimsError('a text has half a surrogate pair, which is no JSON')
    return counted(JSON.stringify(text))
  }
  const write = (part: unknown, depth: number): string => {
    if (typeof part === 'string') return quoted(part)
    if (part === null || typeof part === 'boolean' || Number.isFinite(part)) {
      return counted(JSON.stringify(part))
    }
    if (depth > MAX_CANONICAL_DEPTH) {
      throw new ClaimsError(`its JSON has more than ${MAX_CANONICAL_DEPTH} levels`)
    }
    if (Array.isArray(part)) {
      // By index: what is missing from a sparse array is no JSON either.
      const entries = Array.from(part, (entry: unknown) => write(entry, depth + 1) + counted(','))
      return counted('[') + entries.join('').slice(0, -1) + counted(']')
    }
    if (!isPlainObject(part)) {
      throw new ClaimsError(
        'it is not JSON: only plain objects, arrays, strings, finite numbers, booleans and null',
      )
    }
    const members = Object.keys(part)
      .sort()
      .filter((name) => part[name] !== undefined)
      .map((name) => quoted(name) + counted(':') + write(part[name], depth + 1) + counted(','))
    return counted('{') + members.join('').slice(0, -1) + counted('}')
  }
  return write(value, 1)
}
