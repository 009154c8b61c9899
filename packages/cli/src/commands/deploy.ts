import { Command } from 'commander'
import { deploy } from '../deploy/rollout.ts'
import { readEnvironment } from '../project/environments.ts'
import { projectOf } from './project-option.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'

/** `sealgate deploy`. */
export function deployCommand(run: RunWrangler, say: Say): Command {
  return new Command('deploy')
    .summary('deploy gateway and consumers in the order that they need')
    .description(
      'Checks the configuration, makes a dry run of every step, and deploys the Workers in the order that they need:\n' +
        'gateway and consumers bind each other, and Cloudflare rejects a binding to a Worker that does not exist. So at the\n' +
        'first deploy the gateway goes first without its bindings (bootstrap), then the consumers, then the gateway.',
    )
    .option('--env <name>', 'an environment of the gateway’s wrangler.jsonc')
    .option('--dry-run', 'end after the checks and the dry runs', false)
    .addHelpText(
      'after',
      '\nSecrets first: sealgate secrets --env <name>\n\nExample:\n  sealgate deploy --env staging --dry-run\n',
    )
    .action(async ({ env, dryRun }: { env?: string; dryRun: boolean }, command: Command) => {
      const project = projectOf(command)
      await deploy({ project, environment: readEnvironment(project, env), isDryRun: dryRun }, run, say)
    })
}
