import { isObject, parseJson } from './json.ts'

/** Text without what came along when somebody pasted it: white space and a byte order mark at its ends, one pair of quotes. */
export function unwrapped(text: string): string {
  const bare = text.trim()
  const [quote] = bare
  const isQuoted = (quote === '"' || quote === "'") && bare.length > 1 && bare.endsWith(quote)
  return isQuoted ? bare.slice(1, -1).trim() : bare
}

/**
 * Parses a JSON object as somebody pasted it: as it is, or in quotes, with its own quotes and line breaks escaped. That is no
 * JSON as it stands, so nothing is read in two ways. Values that are no text are returned as they are.
 */
export function parsePasted(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const parsed = parseJson(value.trim())
  return isObject(parsed) ? parsed : parseJson(unwrapped(value).replaceAll('\\n', ' ').replaceAll('\\"', '"'))
}
