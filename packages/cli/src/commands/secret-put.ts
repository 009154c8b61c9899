import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { problemWith, putSecret } from '../dev/dev-secrets.ts'
import { planOf } from '../dev/dev-plan.ts'
import { UsageError } from '../errors.ts'
import type { Say } from '../terminal/say.ts'
import { projectOf } from './project-option.ts'

/** `sealgate secret-put`: for the development system what `wrangler secret put` is for a deployed one. */
export function secretPutCommand(say: Say): Command {
  return new Command('secret-put')
    .summary('set a secret of the gateway that runs in development')
    .description(
      'Sets a secret of the gateway that sealgate dev runs, from stdin; one that services verify with, for them too. sealgate ' +
        'slots says which slot to overwrite.',
    )
    .argument('<name>', 'the secret, for example GATEWAY_PRIVATE_B')
    .addHelpText(
      'after',
      '\nExample:\n  npx kit-keygen --kid=ID --private | sealgate secret-put GATEWAY_PRIVATE_B\n',
    )
    .action(async (name: string, _, command: Command) => {
      const plan = planOf(projectOf(command))
      const value = process.stdin.isTTY ? '' : (await text(process.stdin)).trim()
      if (value === '') {
        throw new UsageError(
          'There is no secret on stdin. For example: npx kit-keygen --kid=ID --private | sealgate secret-put NAME',
        )
      }
      const problem = problemWith(plan.gateway, name, value)
      if (problem !== undefined) throw new Error(problem)
      const workers = putSecret(plan, name, value)
      say(`${name} is set for ${workers.join(' and ')}; a running npm start takes it over within seconds.`)
    })
}
