import { Command } from 'commander'
import { bundleCommand } from './commands/bundle.ts'
import { createCommand } from './commands/create.ts'
import { deployCommand } from './commands/deploy.ts'
import { devCommand } from './commands/dev.ts'
import { doctorCommand } from './commands/doctor.ts'
import { HELP_STYLE } from './commands/help-style.ts'
import { mockIdpCommand } from './commands/mock-idp.ts'
import { receiptCommand } from './commands/receipt.ts'
import { revokeCommand } from './commands/revoke.ts'
import { rollbackCommand } from './commands/rollback.ts'
import { rotateCommand } from './commands/rotate.ts'
import { secretPutCommand } from './commands/secret-put.ts'
import { secretsCommand } from './commands/secrets.ts'
import { slotsCommand } from './commands/slots.ts'
import { whoisCommand } from './commands/whois.ts'
import { whyCommand } from './commands/why.ts'
import { PROJECT_FLAG } from './commands/project-option.ts'
import { ownVersion } from './create/manifest.ts'
import { exitCodeOf } from './terminal/exit-code.ts'
import { type Say, sayOnStderr } from './terminal/say.ts'
import { type RunWrangler, wranglerWith } from './wrangler/run.ts'

/** What the commands use of the world. */
export interface World {
  /** Runs wrangler. */
  readonly run: RunWrangler
  /** Receives progress. */
  readonly say: Say
}

/** The `sealgate` command. Its parser throws instead of ending the process. */
export function createProgram({ run, say }: World): Command {
  const program = new Command('sealgate')
    .description('Runs, deploys and operates a gateway and its services.')
    .option(PROJECT_FLAG, 'the project, in place of the one around this folder')
    .version(ownVersion(), '--version', 'print the version')
    .configureHelp(HELP_STYLE)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
  const commands = [
    createCommand(say),
    devCommand(say),
    doctorCommand(run, say),
    deployCommand(run, say),
    secretsCommand(run, say),
    secretPutCommand(say),
    slotsCommand(say),
    rotateCommand(run, say),
    rollbackCommand(run, say),
    revokeCommand(say),
    whoisCommand(say),
    whyCommand(run, say),
    receiptCommand(),
    bundleCommand(run, say),
    mockIdpCommand(),
  ]
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program))
  return program
}

/** Runs a command line, and returns its exit code. */
export function main(
  argv: readonly string[],
  world: World = { run: wranglerWith(), say: sayOnStderr },
): Promise<number> {
  return exitCodeOf(createProgram(world), argv, world.say)
}
