import { Command } from 'commander'
import { type DeployFlags, runDeploy } from '../deploy/run-deploy.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

/** `sealgate deploy`. */
export function deployCommand(run: RunWrangler, say: Say): Command {
  return withEnvironment(new Command('deploy'))
    .summary('deploy gateway and services, and look whether they serve')
    .description(
      'Plans, lets you confirm, makes and puts the secrets that are missing, and deploys services and gateway in the order ' +
        'that they need; then looks whether the gateway serves this version, and whether each service takes its tokens and ' +
        'rejects forged ones. A run that failed is repeated: it goes on from there. Exit code 1 if anything is wrong.',
    )
    .option('--dry-run', 'plan and bundle, and change nothing', false)
    .option('--yes', 'do not wait for a confirmation', false)
    .option('--url <url>', 'where the gateway is reached, in place of its route')
    .option('--no-checks', 'deploy although doctor finds faults in the files')
    .option('--no-smoke', 'do not look at the deployment afterwards')
    .option('--json', 'print what was done as JSON', false)
    .addHelpText('after', '\nExample:\n  sealgate deploy staging --dry-run\n')
    .action(async (argument: string | undefined, flags: DeployFlags & EnvironmentFlag, command: Command) => {
      const project = projectOf(command)
      const environment = environmentOf(project, argument, flags.env)
      await runDeploy({ project, environment, flags, run, say })
    })
}

interface EnvironmentFlag {
  readonly env?: string
}
