import { readFileSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { check, generate, publicHalf, secret, type Terminal, thumbprint, type Values } from './commands.ts'
import { InputError, UsageError } from './errors.ts'
import { HELP } from './help.ts'

type Options = NonNullable<ParseArgsConfig['options']>

const flag = { type: 'boolean' } as const
const text = { type: 'string' } as const
const COMMON: Options = { help: flag, version: flag }
const WRITING: Options = { ...COMMON, out: text, force: flag }

interface Command {
  readonly options: Options
  /** Whether it takes a FILE. */
  readonly file: boolean
  readonly run: (file: string, values: Values, terminal: Terminal) => Promise<void>
}

const GENERATE: Command = {
  options: {
    ...WRITING,
    kid: text,
    'activate-in': text,
    'expires-in': text,
    private: flag,
    public: flag,
    jwks: flag,
    dotenv: flag,
  },
  file: false,
  run: (_, values, terminal) => generate(values, terminal),
}

const COMMANDS: Readonly<Record<string, Command>> = {
  secret: {
    options: { ...WRITING, bytes: text, json: flag, dotenv: flag },
    file: false,
    run: (_, values, terminal) => secret(values, terminal),
  },
  check: { options: COMMON, file: true, run: (file, _, terminal) => check(file, terminal) },
  public: { options: WRITING, file: true, run: publicHalf },
  thumbprint: { options: COMMON, file: true, run: (file, _, terminal) => thumbprint(file, terminal) },
}

/**
 * Runs one command line and gives its exit status: 0, 1 for input that is not usable, 2 for a line that makes no
 * sense. Mistakes of the user are one line on `say`.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(argv, terminal)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error
    terminal.say(`kit-keygen: ${error.message}`)
    return error instanceof UsageError ? 2 : 1
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<void> {
  const [first = ''] = argv
  const isNamed = first !== '' && !first.startsWith('-')
  const command = isNamed ? Object.entries(COMMANDS).find(([name]) => name === first)?.[1] : GENERATE
  if (!command) {
    throw new UsageError(`there is no command ${quote(first)}; see: kit-keygen --help`)
  }
  const { values, positionals } = parse(isNamed ? argv.slice(1) : argv, command.options)
  if (values.help === true) {
    terminal.out(HELP)
    return
  }
  if (values.version === true) {
    terminal.out(`${version()}\n`)
    return
  }
  const [file = '', ...more] = positionals
  if (command.file && (file === '' || more.length > 0)) {
    throw new UsageError(`name one file: kit-keygen ${first} FILE`)
  }
  if (!command.file && file !== '') {
    throw new UsageError(`${quote(file)} is one word too many; see: kit-keygen --help`)
  }
  await command.run(file, values, terminal)
}

function parse(
  args: readonly string[],
  options: Options,
): { values: Values; positionals: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const single = Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.at(-1) : value,
    ])
    return { values: Object.fromEntries(single) as Values, positionals }
  } catch (error) {
    const [problem = 'unreadable options'] = error instanceof Error ? error.message.split(/[.\n]/) : []
    throw new UsageError(`${problem}; see: kit-keygen --help`)
  }
}

/** What was typed, short and on one line. */
function quote(typed: string): string {
  return JSON.stringify(typed.slice(0, 40))
}

function version(): string {
  const { version: number }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  return number
}
