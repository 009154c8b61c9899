import { Command } from 'commander'
import { uploadSecrets } from '../deploy/upload.ts'
import { UsageError } from '../errors.ts'
import { readEnvironment } from '../project/environments.ts'
import { secretsOf } from '../project/secret-definitions.ts'
import { projectOf } from './project-option.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'

/** `sealgate secrets`. */
export function secretsCommand(run: RunWrangler, say: Say): Command {
  return new Command('secrets')
    .summary('upload the secrets of a Worker')
    .description(
      'Uploads the secrets of a Worker in one go, and shows none of them. A secret that is empty, or not in the file, stays\n' +
        'as it is. To rotate one signing slot without a rejected request, see the guide on rotation.',
    )
    .option('--env <name>', 'an environment of the gateway’s wrangler.jsonc')
    .option('--worker <name>', 'its folder’s name; default the gateway')
    .option('--file <path>', 'JSON or .env; without it, each secret is requested')
    .option('--dry-run', 'say which secrets would be uploaded, and upload none', false)
    .addHelpText('after', '\nExample:\n  sealgate secrets --env production --file secrets.json\n')
    .action(async ({ env, worker: name, file, dryRun }: SecretsFlags, command: Command) => {
      const project = projectOf(command)
      const workers = [project.gateway, ...project.services]
      const worker = name === undefined ? project.gateway : workers.find((one) => one.name === name)
      if (!worker) {
        const flags = workers.map((one) => `--worker ${one.name}`).join(' or ')
        throw new UsageError(`There is no Worker ${name}: ${flags}`)
      }
      const environment = readEnvironment(project, env)
      await uploadSecrets(
        { environment, worker, known: secretsOf(worker, project), file, isDryRun: dryRun },
        run,
        say,
      )
    })
}

interface SecretsFlags {
  readonly env?: string
  readonly worker?: string
  readonly file?: string
  readonly dryRun: boolean
}
