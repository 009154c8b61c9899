import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { promptSecrets } from '../prompt.ts'
import { parseSecrets } from './secret-file.ts'
import {
  CONSUMER,
  type Environment,
  GATEWAY,
  readEnvironment,
  UsageError,
  type WorkerDefinition,
  wranglerEnv,
} from '../project/workers.ts'
import type { RunWrangler } from '../wrangler/wrangler.ts'

export const HELP = `Usage: npm run secrets -- --env <production|staging> [options]

Uploads the secrets of a Worker in one go, and shows none of them.

  --env <name>        production or staging
  --worker <name>     gateway (default) or consumer
  --file <path>       JSON or .env; without it, each secret is asked for
  --dry-run           says which secrets would be uploaded, and uploads none
  --help              shows this

A secret that is empty, or not in the file, stays as it is. To rotate one signing slot without a rejected request, see
docs/rotation.md.
`

export interface SecretsOptions {
  readonly environment: Environment
  readonly worker: WorkerDefinition
  readonly file: string | undefined
  readonly isDryRun: boolean
}

/** @throws UsageError */
export function readSecretsOptions(argv: readonly string[]): SecretsOptions | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const worker = [GATEWAY, CONSUMER].find(({ name }) => name === values.worker)
  if (!worker)
    throw new UsageError(`There is no Worker ${values.worker}: --worker gateway or --worker consumer`)
  return {
    environment: readEnvironment(values.env),
    worker,
    file: values.file,
    isDryRun: values['dry-run'],
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        env: { type: 'string' },
        worker: { type: 'string', default: 'gateway' },
        file: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unreadable arguments'
    throw new UsageError(`${problem}. See: npm run secrets -- --help`)
  }
}

/**
 * Uploads secrets through `wrangler secret bulk`.
 *
 * @param say receives progress; never a value
 * @throws UsageError, Error with what wrangler said
 */
export async function uploadSecrets(
  { environment, worker, file, isDryRun }: SecretsOptions,
  run: RunWrangler,
  say: (text: string) => void,
): Promise<void> {
  const secrets =
    file === undefined ? await promptSecrets(worker) : parseSecrets(await readText(file), worker)
  const names = [...secrets.keys()].join(', ')
  const target = `the ${worker.name} (${environment})`
  if (secrets.size === 0) {
    say('Nothing to upload.')
    return
  }
  if (isDryRun) {
    say(`Would upload to ${target}: ${names}`)
    return
  }
  const args = ['secret', 'bulk', '--config', worker.config, '--env', wranglerEnv(environment)]
  const { code, stdout, stderr } = await run(args, JSON.stringify(Object.fromEntries(secrets)))
  if (code !== 0) throw new Error(`wrangler rejected:\n${withoutValues(stderr || stdout, secrets)}`)
  say(`Uploaded to ${target}: ${names}`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new UsageError(`The file ${file} cannot be read.`)
  }
}

/** What wrangler says may quote what it got. */
function withoutValues(text: string, secrets: ReadonlyMap<string, string>): string {
  return [...secrets].reduce((shown, [name, value]) => shown.replaceAll(value, `<${name}>`), text).trim()
}
