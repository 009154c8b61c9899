import { Command } from 'commander'
import { describeSecrets, listAll } from '../deploy/list-secrets.ts'
import { uploadSecrets } from '../deploy/upload.ts'
import { UsageError } from '../errors.ts'
import { secretsOf } from '../project/secret-definitions.ts'
import { type EnvironmentView, viewEnvironment, type WorkerView } from '../project/worker-view.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

/** `sealgate secrets`. */
export function secretsCommand(run: RunWrangler, say: Say): Command {
  return withEnvironment(new Command('secrets'))
    .summary('list the secrets of the Workers, or upload some')
    .description(
      'Lists which secrets are set, and which are missing: names only. With --file or --prompt it uploads those of one ' +
        'Worker in one go, and shows none of them. A secret that is empty, or not in the file, stays as it is. To rotate a ' +
        'signing slot without a rejected request: sealgate rotate.',
    )
    .option('--worker <name>', 'its folder’s name; default: all are listed, and the gateway is uploaded to')
    .option('--file <path>', 'upload those of a file, JSON or .env')
    .option('--prompt', 'upload those that you type', false)
    .option('--dry-run', 'say which secrets would be uploaded, and upload none', false)
    .option('--json', 'print the list as JSON', false)
    .addHelpText('after', '\nExample:\n  sealgate secrets production --file secrets.json\n')
    .action(async (argument: string | undefined, flags: SecretsFlags, command: Command) => {
      const project = projectOf(command)
      const environment = environmentOf(project, argument, flags.env)
      const all = viewEnvironment(project, environment)
      const chosen = workerOf(all, flags.worker)
      if (flags.file === undefined && !flags.prompt) {
        const lists = await listAll(chosen ? [chosen] : [all.gateway, ...all.services], run)
        const text = flags.json ? JSON.stringify(lists, undefined, 2) : describeSecrets(lists, environment)
        process.stdout.write(`${text}\n`)
        return
      }
      const worker = chosen ?? all.gateway
      const known = secretsOf(worker.config, worker === all.gateway)
      const { file, dryRun: isDryRun } = flags
      await uploadSecrets({ environment, worker: worker.folder, known, file, isDryRun }, run, say)
    })
}

interface SecretsFlags {
  readonly env?: string
  readonly worker?: string
  readonly file?: string
  readonly prompt: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/** @throws UsageError with the Workers that there are */
function workerOf({ gateway, services }: EnvironmentView, name: string | undefined): WorkerView | undefined {
  if (name === undefined) return undefined
  const all = [gateway, ...services]
  const found = all.find(({ folder }) => folder.name === name)
  if (found) return found
  const flags = all.map(({ folder }) => `--worker ${folder.name}`).join(' or ')
  throw new UsageError(`There is no Worker ${name}: ${flags}`)
}
