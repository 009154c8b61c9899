import { stripVTControlCharacters } from 'node:util'

/** What wrangler says of a file that it cannot read, in one sentence: where, and what is expected there. */
export function configProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = stripVTControlCharacters(error.message)
    .split('\n')
    .map((line) => line.trim().replace(/^- /, ''))
    // Which file and which environment it is about is said by whoever asked.
    .filter((line) => line !== '' && !/^Processing .* configuration:$|environment configuration$/.test(line))
  return `${placeOf(error)}${lines.slice(0, 3).join(' ')}`
}

/** Of a file that is no JSON. */
function placeOf(error: Error): string {
  const location: unknown = Reflect.get(error, 'location')
  if (typeof location !== 'object' || location === null) return ''
  const line: unknown = Reflect.get(location, 'line')
  return typeof line === 'number' ? `line ${line}: ` : ''
}
