import { UsageError } from '../errors.ts'
import { readFile } from 'node:fs/promises'
import { askSecrets } from '../terminal/ask-secrets.ts'
import { parseSecrets } from './secret-file.ts'
import type { WorkerFolder } from '../project/find-project.ts'
import type { SecretDefinition } from '../project/secret-definitions.ts'
import type { Say } from '../terminal/say.ts'
import { hideInput } from '../wrangler/hide-input.ts'
import type { RunWrangler } from '../wrangler/run.ts'

export interface SecretsOptions {
  readonly environment: string
  readonly worker: WorkerFolder
  /** The secrets that it may have. */
  readonly known: readonly SecretDefinition[]
  readonly file: string | undefined
  readonly isDryRun: boolean
}

/**
 * Uploads secrets through `wrangler secret bulk`.
 *
 * @param say receives progress; never a value
 * @throws UsageError, Error with what wrangler said
 */
export async function uploadSecrets(
  { environment, worker, known, file, isDryRun }: SecretsOptions,
  run: RunWrangler,
  say: Say,
): Promise<void> {
  const secrets =
    file === undefined ? await askSecrets(known) : parseSecrets(await readText(file), worker.name, known)
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
  const args = ['secret', 'bulk', '--config', worker.config, '--env', environment]
  const stdin = JSON.stringify(Object.fromEntries(secrets))
  const { code, stdout, stderr } = await run(args, stdin)
  if (code !== 0) throw new Error(`wrangler rejected:\n${hideInput(stderr || stdout, stdin).trim()}`)
  say(`Uploaded to ${target}: ${names}`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new UsageError(`The file ${file} cannot be read.`)
  }
}
