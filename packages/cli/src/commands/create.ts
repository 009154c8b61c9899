import { basename, resolve } from 'node:path'
import { Command, Option } from 'commander'
import {
  type Algorithm,
  ALGORITHMS,
  checkChoices,
  type Choices,
  EXTRA_NAMES,
  EXTRAS,
} from '../create/choices.ts'
import { createProject } from '../create/create-project.ts'
import { nextCommands, summaryOf } from '../create/next-steps.ts'
import { installerOf } from '../create/installer.ts'
import { runProgram } from '../create/run-program.ts'
import {
  type Given,
  missingFlags,
  promptForChoices,
  promptForFolder,
  withDefaults,
} from '../create/prompts.ts'
import { checkTarget } from '../create/target-folder.ts'
import { UsageError } from '../errors.ts'
import { exitCodeOf } from '../terminal/exit-code.ts'
import { duringWork } from '../terminal/progress.ts'
import { type Say, sayOnStderr } from '../terminal/say.ts'
import { HELP_STYLE } from './help-style.ts'

/** `sealgate create`, which `npm create sealgate` runs. */
export function createCommand(say: Say): Command {
  const command = new Command('create')
    .summary('make a gateway of your own, with or without a service')
    .description(
      'Writes a new project: a gateway and a service of your own, with tests and a workflow. Prompts for what no flag says.',
    )
    .argument('[dir]', 'a folder that is new or empty')
    .option('--name <name>', 'of the project and its Workers; default the folder’s')
    .option('--service', 'a service behind the gateway')
    .option('--no-service', 'the gateway alone')
    .addOption(new Option('--algorithm <name>', 'how internal tokens are signed').choices(ALGORITHMS))
  for (const name of EXTRA_NAMES) {
    command.option(`--${name}`, `a service with ${EXTRAS[name].does}`).option(`--no-${name}`, 'without it')
  }
  return command
    .option('--no-install', 'leave the packages to be installed later')
    .option('--no-git', 'make no git repository of it')
    .option(
      '--packages <dir>',
      'install tarballs of Sealgate from this folder in place of the registry’s packages',
    )
    .option('--yes', 'prompt for nothing: a service and EdDSA, unless flags say otherwise', false)
    .option('--dry-run', 'list the files, and write none', false)
    .option('--json', 'print what was made as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  npm create sealgate my-system\n  npx sealgate create my-system --yes --algorithm HS512\n',
    )
    .action((dir: string | undefined, flags: Flags) => create(dir, flags, say))
}

/** `npm create sealgate`: the one command by itself. Returns the exit code. */
export function createMain(argv: readonly string[], say: Say = sayOnStderr): Promise<number> {
  const command = createCommand(say)
    .name('create-sealgate')
    .configureHelp(HELP_STYLE)
    .showHelpAfterError('(--help shows what there is)')
  return exitCodeOf(command.exitOverride(), argv, say)
}

interface Flags extends Given {
  readonly algorithm?: Algorithm
  readonly install: boolean
  readonly git: boolean
  readonly packages?: string
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

async function create(dir: string | undefined, flags: Flags, say: Say): Promise<void> {
  const canPrompt = process.stdin.isTTY && process.stderr.isTTY && !flags.yes
  if (dir === undefined && !canPrompt)
    throw new UsageError('Name a folder that is new or empty: sealgate create <dir>')
  const folder = resolve(dir ?? (await promptForFolder()))
  checkTarget(folder)
  const given = { ...flags, installer: installerOf(process.env.npm_config_user_agent) }
  const choices = checkChoices(await choicesFor(flags.name ?? basename(folder), given, canPrompt))
  const options = { ...flags, folder, choices, isDryRun: flags.dryRun }
  const created = await createProject(options, runProgram, say, (what, work) => duringWork(what, work, say))
  const next = nextCommands(created, process.cwd())
  if (flags.json) print(JSON.stringify({ ...created, dryRun: flags.dryRun, next }, null, 2))
  else if (flags.dryRun) print(created.files.join('\n'))
  else print(`\n${summaryOf(created, process.cwd())}`)
}

async function choicesFor(
  name: string,
  given: Given & Pick<Flags, 'yes'>,
  canPrompt: boolean,
): Promise<Choices> {
  // A name that no Worker can have is said before there are prompts.
  checkChoices(withDefaults(name, given))
  if (canPrompt) return promptForChoices(name, given)
  const missing = given.yes ? [] : missingFlags(given)
  if (missing.length === 0) return withDefaults(name, given)
  throw new UsageError(
    `There is no terminal to prompt on. Give --yes for the defaults, or ${missing.join(', ')}.`,
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
