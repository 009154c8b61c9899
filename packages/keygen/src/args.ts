import { parseArgs } from 'node:util'
import { shown, UsageError } from './errors.ts'

/** Options as they were typed: the text of those that take a value, `true` for the others. */
export type Values = Readonly<Partial<Record<string, string | true>>>

/** How each option is typed, by name; one with `=` takes a value. */
const OPTIONS: ReadonlyMap<string, string> = new Map(
  [
    '--kid=ID',
    '--activate-in=10m',
    '--expires-in=90d',
    '--bytes=64',
    '--out=FILE',
    '--private',
    '--public',
    '--jwks',
    '--json',
    '--dotenv',
    '--force',
    '--help',
    '--version',
  ].map((typed) => [typed.slice(2).split('=')[0] ?? '', typed]),
)

/**
 * Reads the words after the command's name.
 *
 * @param command how the command is typed
 * @param names the options that it takes, `help` and `version` aside
 * @throws UsageError that says what to type
 */
export function readArguments(
  args: readonly string[],
  command: string,
  names: readonly string[],
): { readonly values: Values; readonly words: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...OPTIONS].map(
        ([name, typed]) => [name, { type: takesValue(typed) ? 'string' : 'boolean' }] as const,
      ),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, string | true>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const typed = OPTIONS.get(name)
    if (typed === undefined || !(names.includes(name) || name === 'help' || name === 'version')) {
      throw unknownOption(rawName, command, names)
    }
    if (values.has(name)) throw new UsageError(`type --${name} once`)
    if (!takesValue(typed)) {
      if (value !== undefined) throw new UsageError(`--${name} accepts no value: type ${typed}`)
      values.set(name, true)
    } else {
      // In `--kid --private` the value was forgotten.
      if (value === undefined || (!inlineValue && value.startsWith('-'))) {
        throw new UsageError(`--${name} needs a value: type ${typed}`)
      }
      values.set(name, value)
    }
  }
  return { values: Object.fromEntries(values), words }
}

function takesValue(typed: string): boolean {
  return typed.includes('=')
}

function unknownOption(rawName: string, command: string, names: readonly string[]): UsageError {
  const known = names.map((name) => OPTIONS.get(name) ?? '')
  const remedy = known.length > 0 ? `type one of ${known.join(', ')}, --help` : `type ${command} FILE`
  return new UsageError(`${command} has no option ${shown(rawName, 'of that name')}: ${remedy}`)
}
