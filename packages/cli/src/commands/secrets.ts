import { Command } from 'commander'
import { uploadSecrets } from '../deploy/upload.ts'
import { UsageError } from '../errors.ts'
import { CONSUMER, GATEWAY, readEnvironment } from '../project/workers.ts'
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
    .option('--env <name>', 'production or staging')
    .option('--worker <name>', 'gateway or consumer', 'gateway')
    .option('--file <path>', 'JSON or .env; without it, each secret is requested')
    .option('--dry-run', 'say which secrets would be uploaded, and upload none', false)
    .addHelpText('after', '\nExample:\n  sealgate secrets --env production --file secrets.json\n')
    .action(async ({ env, worker: name, file, dryRun }: SecretsFlags) => {
      const worker = [GATEWAY, CONSUMER].find((one) => one.name === name)
      if (!worker) throw new UsageError(`There is no Worker ${name}: --worker gateway or --worker consumer`)
      await uploadSecrets({ environment: readEnvironment(env), worker, file, isDryRun: dryRun }, run, say)
    })
}

interface SecretsFlags {
  readonly env?: string
  readonly worker: string
  readonly file?: string
  readonly dryRun: boolean
}
