import { readFileSync } from 'node:fs'
import { readArguments, type Values } from './args.ts'
import { check, generate, print, publicHalf, secret, type Terminal, thumbprint } from './commands.ts'
import { InputError, shown, systemCode, UsageError } from './errors.ts'
import { HELP } from './help.ts'

interface Command {
  readonly options: readonly string[]
  /** Whether it takes a FILE. */
  readonly file: boolean
  readonly run: (file: string, values: Values, terminal: Terminal) => Promise<void>
}

const WRITING = ['out', 'force']

const GENERATE: Command = {
  options: ['kid', 'activate-in', 'expires-in', 'private', 'public', 'jwks', 'dotenv', ...WRITING],
  file: false,
  run: (_, values, terminal) => generate(values, terminal),
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'secret',
    {
      options: ['bytes', 'json', 'dotenv', ...WRITING],
      file: false,
      run: (_, values, terminal) => secret(values, terminal),
    },
  ],
  ['check', { options: [], file: true, run: (file, _, terminal) => check(file, terminal) }],
  ['public', { options: WRITING, file: true, run: publicHalf }],
  ['thumbprint', { options: [], file: true, run: (file, _, terminal) => thumbprint(file, terminal) }],
])

/**
 * Runs one command line and returns its exit status: 0, 1 for what failed, 2 for a line that makes no sense. Never
 * throws: each failure is one line on `say`, without key material.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  try {
    await dispatch(argv, terminal)
    return 0
  } catch (error) {
    terminal.say(`kit-keygen: ${lineOf(error)}`)
    return error instanceof UsageError ? 2 : 1
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<void> {
  const [first = '--'] = argv
  const isNamed = !first.startsWith('-')
  const command = isNamed ? COMMANDS.get(first) : GENERATE
  if (!command) {
    const names = [
      'kit-keygen',
      'kit-keygen secret',
      'check FILE',
      'public FILE',
      'thumbprint FILE',
      '--help',
    ]
    throw new UsageError(`there is no command ${shown(first, 'of that name')}: type ${names.join(', ')}`)
  }
  const typed = isNamed ? `kit-keygen ${first}` : 'kit-keygen'
  const { values, words } = readArguments(isNamed ? argv.slice(1) : argv, typed, command.options)
  if (values.help === true) return print(HELP, terminal)
  if (values.version === true) return print(`${version()}\n`, terminal)

  const [file = '', ...more] = words
  if (command.file && (file === '' || more.length > 0)) {
    throw new UsageError(`name one file, or - for standard input: type ${typed} FILE`)
  }
  if (!command.file && words.length > 0) {
    throw new UsageError(`${typed} accepts no file: type ${typed} --out=FILE, or see kit-keygen --help`)
  }
  await command.run(file, values, terminal)
}

/** The text of an error that is not ours may quote what it was given. */
function lineOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof InputError) return error.message
  const kind = systemCode(error) || (error instanceof Error ? error.name : typeof error)
  return `unexpected failure (${kind}): try again, and report it with what kit-keygen --version says`
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
